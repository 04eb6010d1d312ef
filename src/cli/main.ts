import { Command } from 'commander';

import { DomainError } from '../kernel/index.js';
import { explain } from '../explain.js';
import { version } from '../version.js';
import { analyticsCommand } from './commands/analytics.command.js';
import { batchesCommand } from './commands/batches.command.js';
import { doctorCommand } from './commands/doctor.command.js';
import { experimentsCommand } from './commands/experiments.command.js';
import { fraudCommand } from './commands/fraud.command.js';
import { keysCommand } from './commands/keys.command.js';
import { limitsCommand } from './commands/limits.command.js';
import { lookupCommand } from './commands/lookup.command.js';
import { pricesCommand } from './commands/prices.command.js';
import { privacyCommands } from './commands/privacy.command.js';
import { routesCommand } from './commands/routes.command.js';
import { secretCommand } from './commands/secret.command.js';
import { sendCommand } from './commands/send.command.js';
import { sendersCommand } from './commands/senders.command.js';
import { spendCommand } from './commands/spend.command.js';
import { templatesCommand } from './commands/templates.command.js';
import { webhooksCommand } from './commands/webhooks.command.js';

/** Of sysexits.h: what was typed is wrong. */
const EX_USAGE = 64;
const isMistyped = (error: unknown) => error instanceof DomainError && error.kind === 'invalid';

const program = new Command('sixdigit')
  .description('What operators do by hand. Reads the same environment, and the same .env, as the program itself.')
  .version(version)
  .showHelpAfterError();
const COMMANDS = [
  ...[analyticsCommand, batchesCommand, doctorCommand, experimentsCommand, fraudCommand, keysCommand, limitsCommand, lookupCommand],
  ...[pricesCommand, privacyCommands, routesCommand, secretCommand, sendCommand, sendersCommand, spendCommand],
  ...[templatesCommand, webhooksCommand],
];
for (const add of COMMANDS) add(program);

try {
  await program.parseAsync();
} catch (error) {
  const { message, exitCode } = explain(error);
  console.error(message);
  process.exitCode = isMistyped(error) ? EX_USAGE : exitCode;
}
