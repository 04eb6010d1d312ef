import { InvalidArgumentError, type Command } from 'commander';

import { diagnose, exitCodeOf, jsonOf, reportOf, wantsColours } from '../../doctor/index.js';
import { version } from '../../version.js';
import { addWhere } from '../api/where.js';
import { linesOf, sendLive, type LiveOptions } from '../live.js';

interface Options extends LiveOptions {
  readonly json?: true;
  readonly strict?: true;
}

export function doctorCommand(program: Command): void {
  const doctor = program
    .command('doctor')
    .description('what is wrong here, all at once, and how to mend it; changes nothing, sends nothing but by --live')
    .option('--json', 'for programs: docs/cli.md has the schema')
    .option('--strict', 'warnings count as faults')
    .option('--live <phone>', 'send one real text there, after asking, and wait for its delivery report')
    .option('--yes', 'do not ask')
    .option('--wait <seconds>', 'how long for the report', seconds, 60);
  addWhere(doctor, 'message', '--live runs the program as long as it takes').action(run);
}

async function run({ json, strict, live, ...options }: Options): Promise<void> {
  const diagnosis = await diagnose(version);
  const colours = wantsColours(process.stdout.isTTY === true, process.env);
  if (!json) await say(reportOf(diagnosis, colours));
  const sent = live === undefined ? undefined : await sendLive(live, options);
  if (json) await say(JSON.stringify({ ...jsonOf(diagnosis), ...(sent && { live: sent }) }, null, 2));
  else if (sent) await say(`\n${linesOf(sent).join('\n')}`);
  const failed = sent && !(sent.sent && sent.took);
  // Whoever hangs on the other side of a socket is not waited for.
  process.exit(failed ? 1 : exitCodeOf(diagnosis, strict === true));
}

const say = (text: string) => new Promise<void>((resolve) => process.stdout.write(`${text}\n`, () => resolve()));

function seconds(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write seconds, such as 60.');
}
