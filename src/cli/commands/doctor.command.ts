import type { Command } from 'commander';

import { diagnose, exitCodeOf, jsonOf, reportOf, wantsColours } from '../../doctor/index.js';
import { version } from '../../version.js';

interface Options {
  readonly json?: true;
  readonly strict?: true;
}

export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('what is wrong here, all at once, and how to mend it; sends nothing, changes nothing')
    .option('--json', 'for programs')
    .option('--strict', 'warnings count as faults')
    .action(async ({ json, strict }: Options) => {
      const diagnosis = await diagnose(version);
      const colours = wantsColours(process.stdout.isTTY === true, process.env);
      await say(json ? JSON.stringify(jsonOf(diagnosis), null, 2) : reportOf(diagnosis, colours));
      // Whoever hangs on the other side of a socket is not waited for.
      process.exit(exitCodeOf(diagnosis, strict === true));
    });
}

const say = (text: string) => new Promise<void>((resolve) => process.stdout.write(`${text}\n`, () => resolve()));
