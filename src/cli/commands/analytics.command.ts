import type { Command } from 'commander';

import { actionsIn } from '../actions-in.js';

const action = actionsIn(() => import('../actions/analytics.js'));

export function analyticsCommand(program: Command): void {
  program
    .command('analytics')
    .description('what texts brought and cost, by sums of hours; the running program sums them up')
    .option('--by <dimensions>', 'of provider, country, template, variant, channel, day, hour', 'provider')
    .option('--days <n>', 'of the last so many days; 7')
    .option('--from <time>', 'a day of UTC, or a time as of RFC 3339')
    .option('--to <time>', 'the same, and not in it; now')
    .option('--provider <name>', 'only of that one')
    .option('--country <code>', 'only to that one, such as US')
    .option('--template <name>', 'only of that one')
    .option('--variant <name>', 'only of that one')
    .option('--channel <name>', 'only by that one')
    .option('--json', 'as the admin API answers it')
    .option('--csv', 'as CSV')
    .action(action('show'));
}
