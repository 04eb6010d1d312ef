import type { Command } from 'commander';

import { actionsIn } from '../actions-in.js';

const action = actionsIn(() => import('../actions/limits.js'));

export function limitsCommand(program: Command): void {
  const limits = program.command('limits').description('what one phone has left, and a fresh start for it');

  limits
    .command('show')
    .argument('<phone>', 'E.164, or a national number of PHONE_DEFAULT_REGION')
    .description('texts that it may still get, wrong codes that are still taken')
    .option('--json', 'for programs')
    .action(action('show'));

  limits
    .command('reset')
    .argument('<phone>', 'E.164, or a national number of PHONE_DEFAULT_REGION')
    .description('opens a phone again that was locked by wrong codes, and forgets the texts that it got')
    .option('--json', 'for programs')
    .action(action('reset'));
}
