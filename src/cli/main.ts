import { Command } from 'commander';

import { explain } from '../explain.js';
import { version } from '../version.js';
import { pricesCommand } from './commands/prices.command.js';
import { secretCommand } from './commands/secret.command.js';
import { spendCommand } from './commands/spend.command.js';

const program = new Command('sixdigit')
  .description('What operators do by hand. Reads the same environment, and the same .env, as the program itself.')
  .version(version)
  .showHelpAfterError();
for (const add of [pricesCommand, secretCommand, spendCommand]) add(program);

try {
  await program.parseAsync();
} catch (error) {
  const { message, exitCode } = explain(error);
  console.error(message);
  process.exitCode = exitCode;
}
