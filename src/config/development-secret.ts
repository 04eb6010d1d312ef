import { hkdfSync, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ConfigRefusal } from './config-refusal.js';
import { isLongEnough } from './variables/secret-rules.js';

const FILE = 'app-secret';

/** The secret in `dataDir`, made at the first call. @throws {ConfigRefusal} if the folder cannot keep one. */
export function developmentSecret(dataDir: string): string {
  const path = join(dataDir, FILE);
  const secret = attempt(() => read(path) ?? make(dataDir, path));
  if (!isLongEnough(secret)) throw refusal(`has a damaged file ${FILE}.`, 'Delete that file, or set APP_SECRET.');
  return secret;
}

/** A key that stays the same as long as the secret does, so that a copied command goes on working. */
export function developmentApiKey(secret: string): string {
  return `sk_dev_${Buffer.from(hkdfSync('sha256', secret, 'sixdigit', 'dev-api-key', 24)).toString('base64url')}`;
}

function make(dataDir: string, path: string): string {
  mkdirSync(dataDir, { recursive: true });
  const draft = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true });
    // A link appears whole or not at all, and never replaces one: of two starters both then read the winner's.
    linkSync(draft, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(path, 'utf8').trim();
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = codeOf(error) ?? 'an unknown error';
    throw refusal(
      `cannot keep a secret for development (${code}).`,
      'Make it a folder that can be written, or set APP_SECRET.',
    );
  }
}

const refusal = (problem: string, mend: string) => new ConfigRefusal([{ name: 'DATA_DIR', problem, mend }]);
const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
