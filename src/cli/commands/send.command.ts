import { InvalidArgumentError, type Command } from 'commander';

import { actionsIn } from '../actions-in.js';
import { addWhere } from '../api/where.js';

const action = actionsIn(() => import('../actions/send.js'));

export function sendCommand(program: Command): void {
  const command = program
    .command('send')
    .description('send a text to everybody in a CSV file; the same command again goes on where it was')
    .requiredOption('--csv <file>', 'its first line names the columns')
    .option('--template <name>', 'what to send')
    .option('--map <variable=column...>', "which columns fill in the template's variables")
    .option('--body <text>', 'a text instead of a template; {column} is filled in')
    .option('--to <column>', 'that has the phone; to, phone, number or mobile')
    .option('--ref <column>', 'that tells rows apart; without it, where they stand')
    .option('--locale <locale>', 'BCP 47 language of the texts')
    .option('--channel <channel>', 'sms, whatsapp or voice')
    .option('--name <name>', 'what to call it; the same file under another name is sent once more')
    .option('--batch <uuid>', 'go on with this batch')
    .option('--rate <n>', 'messages a second at most', number)
    .option('--hold', 'take it in, and begin when it is resumed')
    .option('--dry-run', 'what it would cost, and what is wrong with it; nothing is sent')
    .option('--no-wait', 'end when all rows are taken in')
    .option('--json', 'the result as JSON');
  addWhere(
    command,
    'message',
    'straight into the database: the embedded one serves one process, so stop the program first',
  ).action(action('send'));
}

function number(text: string): number {
  const value = Number(text);
  if (!(value >= 0.01 && value <= 10_000)) throw new InvalidArgumentError('Write messages a second, such as 20.');
  return value;
}
