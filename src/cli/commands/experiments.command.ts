import type { Command } from 'commander';

import { actionsIn } from '../actions-in.js';

const action = actionsIn(() => import('../actions/experiments.js'));

export function experimentsCommand(program: Command): void {
  const experiments = program
    .command('experiments')
    .description('several wordings of a text, judged by approvals; the running program counts and judges');
  experiments
    .command('create')
    .description('try wordings that are there')
    .option('--template <name>', 'whose', 'verification')
    .requiredOption('--variants <shares>', 'percent of each, such as control=50,short=50')
    .option('--locale <tag>', 'only of texts in that language')
    .option('--alpha <share>', 'how often an experiment may be decided wrongly; 0.05')
    .option('--minimum <n>', 'verifications of each arm before anything is decided; 500')
    .option('--rule <rule>', 'watch, stop-losers or apply-winner; stop-losers')
    .option('--json', 'as the admin API answers it')
    .action(action('create'));
  experiments.command('list').description('all, newest first').option('--json', 'as JSON').action(action('list'));
  experiments
    .command('show <id>')
    .description('what it has shown by now')
    .option('--json', 'as JSON')
    .action(action('show'));
  experiments
    .command('stop <id>')
    .description('end it: everybody gets the plain wording again, within 10 s')
    .option('--variant <name>', 'only that wording; its share goes to the others')
    .option('--json', 'as JSON')
    .action(action('stop'));
}
