import type { Command } from 'commander';

import { actionsIn } from '../actions-in.js';
import { addWhere } from '../api/where.js';

const action = actionsIn(() => import('../actions/verify.js'));
const DIRECTLY = 'the program runs as long as the command does; the embedded database serves one process';

export function verifyCommand(program: Command): void {
  const verify = program.command('verify').description('send a code to a phone, and check it, as your backend would');
  const begin = verify
    .command('start')
    .argument('<phone>', 'E.164, or a national number of PHONE_DEFAULT_REGION')
    .description('send a code')
    .option('--channel <channel>', 'sms, whatsapp or voice')
    .option('--locale <locale>', 'BCP 47 language of the text')
    .option('--purpose <purpose>', 'what the proof will be good for')
    .option('--json', 'as the API answers it');
  addWhere(begin, 'verify', DIRECTLY).action(action('start'));
  const finish = verify
    .command('check')
    .argument('<id>', 'as "verify start" showed it')
    .argument('<code>', 'what the person typed')
    .description('check a code; fails when it is wrong')
    .option('--json', 'as the API answers it');
  addWhere(finish, 'verify', DIRECTLY).action(action('check'));
}
