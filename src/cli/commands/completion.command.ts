import { Argument, type Command } from 'commander';

import { completionScript, SHELLS, type Shell } from '../completion/scripts.js';
import { branchesOf } from '../completion/tree.js';

export function completionCommand(program: Command): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'whose').choices(SHELLS))
    .description('what a shell sources to complete commands and options of sixdigit')
    .action((shell: Shell) => void process.stdout.write(completionScript(shell, program.name(), branchesOf(program))));
}
