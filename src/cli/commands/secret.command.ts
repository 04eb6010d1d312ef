import { randomBytes } from 'node:crypto';

import type { Command } from 'commander';

import { hashPassword } from '../../admin/index.js';
import { hardToGuess } from '../../config/index.js';
import { readPassword } from '../read-password.js';
import { UsageError } from '../usage-error.js';
import { reencryptCommand } from './reencrypt.command.js';

const LEAST = 12;

export function secretCommand(program: Command): void {
  const secret = program
    .command('secret')
    .description(
      'make a secret for APP_SECRET, or for SMS_WEBHOOK_SECRET; with --password, what stands in ADMIN_PASSWORD',
    )
    .option('--password', 'ask for a password, or read it from stdin, and print its argon2id hash')
    .option('--json', 'for programs')
    .action(async ({ password, json }: { password?: true; json?: true }) => {
      const made = password
        ? { hash: await hashOf(await readPassword()) }
        : { secret: randomBytes(32).toString('base64url') };
      console.log(json ? JSON.stringify(made) : Object.values(made).join(''));
    });
  reencryptCommand(secret);
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
