import { InvalidArgumentError, type Command } from 'commander';

import { actionsIn } from '../actions-in.js';

const action = actionsIn(() => import('../actions/senders.js'));
const REST_HOURS = 24;

function hours(text: string): number {
  const count = Number(text);
  if (!/^\d{1,3}$/.test(text) || count < 1 || count > 720) throw new InvalidArgumentError('Write hours from 1 to 720.');
  return count;
}

export function sendersCommand(program: Command): void {
  const senders = program
    .command('senders')
    .alias('pool')
    .description('what texts go out under: which senders rest, and how many of their texts arrive')
    .option('--json', 'for programs')
    .action(action('list'));

  senders
    .command('rest')
    .description('uses a sender no more for a while')
    .argument('<sender>', 'as "senders" shows it')
    .option('--hours <hours>', 'how long', hours, REST_HOURS)
    .option('--provider <provider>', 'at this one alone')
    .option('--json', 'for programs')
    .action(action('rest'));

  senders
    .command('wake')
    .description('uses a sender again')
    .argument('<sender>', 'as "senders" shows it')
    .option('--provider <provider>', 'at this one alone')
    .option('--json', 'for programs')
    .action(action('wake'));
}
