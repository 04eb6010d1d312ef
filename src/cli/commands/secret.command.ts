import { randomBytes } from 'node:crypto';

import type { Command } from 'commander';

export function secretCommand(program: Command): void {
  program
    .command('secret')
    .description('make a secret for APP_SECRET, or for SMS_WEBHOOK_SECRET')
    .action(() => console.log(randomBytes(32).toString('base64url')));
}
