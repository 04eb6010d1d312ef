import type { Command } from 'commander';

import { actionsIn } from '../actions-in.js';

const action = actionsIn(() => import('../actions/secret.js'));
const reencryption = actionsIn(() => import('../actions/reencrypt.js'));

export function secretCommand(program: Command): void {
  const secret = program
    .command('secret')
    .description(
      'make a secret for APP_SECRET, or for SMS_WEBHOOK_SECRET; with --password, what stands in ADMIN_PASSWORD',
    )
    .option('--password', 'ask for a password, or read it from stdin, and print its argon2id hash')
    .option('--json', 'for programs')
    .action(action('make'));
  secret
    .command('reencrypt')
    .description(
      'bring rows under APP_SECRET that were written under APP_SECRET_PREVIOUS, so that this one can be dropped',
    )
    .option('--wait', 'until what is still in use is over, too: verifications some minutes, kept answers 24 hours')
    .option('--json', 'for programs')
    .action(reencryption('reencrypt'));
}
