import { InvalidArgumentError, type Command } from 'commander';

import { actionsIn } from '../actions-in.js';
import { addWhere } from '../api/where.js';

const action = actionsIn(() => import('../actions/doctor.js'));

export function doctorCommand(program: Command): void {
  const doctor = program
    .command('doctor')
    .description('what is wrong here, all at once, and how to mend it; changes nothing, sends nothing but by --live')
    .option('--json', 'for programs: docs/cli.md has the schema')
    .option('--strict', 'warnings count as faults')
    .option('--live <phone>', 'send one real text there, after asking, and wait for its delivery report')
    .option('--yes', 'do not ask')
    .option('--wait <seconds>', 'how long for the report', seconds, 60);
  addWhere(doctor, 'message', '--live runs the program as long as it takes').action(action('run'));
}

function seconds(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write seconds, such as 60.');
}
