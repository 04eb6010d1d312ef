import type { Command } from 'commander';

import { actionsIn } from '../actions-in.js';

const action = actionsIn(() => import('../actions/spend.js'));

export function spendCommand(program: Command): void {
  program
    .command('spend')
    .description("what today's texts cost (UTC, by the database's clock)")
    .option('--json', 'as the admin API answers it')
    .action(action('today'));
}
