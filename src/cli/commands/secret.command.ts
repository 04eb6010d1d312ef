import { randomBytes } from 'node:crypto';

import type { Command } from 'commander';

import { reencryptCommand } from './reencrypt.command.js';

export function secretCommand(program: Command): void {
  const secret = program
    .command('secret')
    .description('make a secret for APP_SECRET, or for SMS_WEBHOOK_SECRET')
    .action(() => console.log(randomBytes(32).toString('base64url')));
  reencryptCommand(secret);
}
