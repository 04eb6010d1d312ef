import { InvalidArgumentError, type Command } from 'commander';

import { actionsIn } from '../actions-in.js';

const action = actionsIn(() => import('../actions/fraud.js'));

function days(text: string): number {
  const [, count] = /^(\d{1,4})d$/.exec(text) ?? [];
  if (!count) throw new InvalidArgumentError('Write days, such as 30d.');
  return Number(count);
}

export function fraudCommand(program: Command): void {
  const fraud = program
    .command('fraud')
    .description('the pumping guard: what it holds against whom, and what it would do');

  fraud
    .command('replay')
    .description('what a policy would have made of the sends that were recorded')
    .option('--since <days>', 'how far back, such as 30d', days, 30)
    .option('--policy <file>', 'JSON with what differs from the policy of the program, as docs/fraud.md shows it')
    .option('--json', 'for programs')
    .action(action('replay'));

  fraud
    .command('status')
    .description('prefixes and countries that are blocked now, and the verdicts of the last day')
    .option('--json', 'for programs')
    .action(action('status'));

  fraud
    .command('unblock')
    .description('forgets what is held against a country, or against the prefixes of a phone')
    .option('--country <country>', 'two letters')
    .option('--phone <phone>', 'E.164, or a national number of PHONE_DEFAULT_REGION')
    .option('--json', 'for programs')
    .action(action('unblock'));
}
