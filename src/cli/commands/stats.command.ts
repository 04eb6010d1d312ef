import { InvalidArgumentError, type Command } from 'commander';

import { actionsIn } from '../actions-in.js';

const action = actionsIn(() => import('../actions/stats.js'));

export function statsCommand(program: Command): void {
  program
    .command('stats')
    .description('texts, approvals and money at a glance; the running program sums them up by the hour')
    .option('--days <n>', 'of the last so many days', daysIn, 1)
    .option('--json', 'for programs')
    .action(action('glance'));
}

function daysIn(text: string): number {
  if (!/^[1-9]\d?$/.test(text) || Number(text) > 92) throw new InvalidArgumentError('Write a number from 1 to 92.');
  return Number(text);
}
