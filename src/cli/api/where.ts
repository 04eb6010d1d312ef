import { readFileSync } from 'node:fs';

import type { Command } from 'commander';

import { environment } from '../../config/light.js';
import { UsageError } from '../usage-error.js';

/** Which running program a command talks to. */
export interface Where {
  readonly url?: string;
  readonly key?: string;
  readonly keyFile?: string;
}

export interface Address {
  /** An origin, without a trailing slash. */
  readonly url: string;
  readonly key: string;
}

/** @param scope that the key must have @param without what happens when no program is named */
export const addWhere = (command: Command, scope: string, without: string): Command =>
  command
    .option('--url <url>', `of the running program, or SIXDIGIT_URL; without it, ${without}`)
    .option('--key <key>', `API key with the scope "${scope}", or SIXDIGIT_API_KEY`)
    .option('--key-file <file>', 'that has the key');

/** Undefined: no program is named. @throws {UsageError} */
export function addressOf({ url, key, keyFile }: Where): Address | undefined {
  const env = environment();
  const named = url ?? env['SIXDIGIT_URL']?.trim();
  if (!named) return undefined;
  if (!URL.canParse(named) || !/^https?:$/.test(new URL(named).protocol))
    throw new UsageError(
      `${url === undefined ? 'SIXDIGIT_URL' : '--url'} is no URL.`,
      'Write it like --url http://127.0.0.1:3000',
    );
  const given = key ?? (keyFile === undefined ? env['SIXDIGIT_API_KEY']?.trim() : keyIn(keyFile));
  if (!given)
    throw new UsageError(
      '--url needs a key.',
      'Give --key KEY, --key-file FILE or SIXDIGIT_API_KEY; one is made by: npm run cli -- keys create',
    );
  return { url: named.replace(/\/+$/, ''), key: given };
}

function keyIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new UsageError(`--key-file: ${file} cannot be read.`, 'Name a file that has the key on its one line.');
  }
}
