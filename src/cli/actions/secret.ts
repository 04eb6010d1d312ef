import { randomBytes } from 'node:crypto';

import { hashPassword } from '../../admin/light.js';
import { hardToGuess } from '../../config/light.js';
import { readPassword } from '../read-password.js';
import { UsageError } from '../usage-error.js';

const LEAST = 12;

export async function make({ password, json }: { password?: true; json?: true }): Promise<void> {
  const made = password
    ? { hash: await hashOf(await readPassword()) }
    : { secret: randomBytes(32).toString('base64url') };
  console.log(json ? JSON.stringify(made) : Object.values(made).join(''));
}

async function hashOf(password: string): Promise<string> {
  if (password.length < LEAST)
    throw new UsageError(`A password needs at least ${LEAST} characters.`, 'Four or five random words will do.');
  if (hardToGuess(password) < LEAST)
    throw new UsageError(
      `A password needs at least ${LEAST} characters beside words that everybody tries first.`,
      'Four or five random words will do.',
    );
  return hashPassword(password);
}
