import { Command } from 'commander';

import { version } from '../version.js';
import { analyticsCommand } from './commands/analytics.command.js';
import { batchesCommand } from './commands/batches.command.js';
import { completionCommand } from './commands/completion.command.js';
import { doctorCommand } from './commands/doctor.command.js';
import { experimentsCommand } from './commands/experiments.command.js';
import { fraudCommand } from './commands/fraud.command.js';
import { keysCommand } from './commands/keys.command.js';
import { limitsCommand } from './commands/limits.command.js';
import { lookupCommand } from './commands/lookup.command.js';
import { messagesCommand } from './commands/messages.command.js';
import { migrateCommand } from './commands/migrate.command.js';
import { pricesCommand } from './commands/prices.command.js';
import { privacyCommands } from './commands/privacy.command.js';
import { providersCommand } from './commands/providers.command.js';
import { routesCommand } from './commands/routes.command.js';
import { secretCommand } from './commands/secret.command.js';
import { sendCommand } from './commands/send.command.js';
import { sendersCommand } from './commands/senders.command.js';
import { spendCommand } from './commands/spend.command.js';
import { statsCommand } from './commands/stats.command.js';
import { templatesCommand } from './commands/templates.command.js';
import { verifyCommand } from './commands/verify.command.js';
import { webhooksCommand } from './commands/webhooks.command.js';
import { addExamples } from './examples.js';

const COMMANDS = [
  ...[doctorCommand, verifyCommand, messagesCommand, sendCommand, batchesCommand, statsCommand, analyticsCommand],
  ...[spendCommand, providersCommand, routesCommand, sendersCommand, pricesCommand, limitsCommand, fraudCommand],
  ...[lookupCommand, keysCommand, webhooksCommand, templatesCommand, experimentsCommand, privacyCommands],
  ...[secretCommand, migrateCommand, completionCommand],
];

/** Every command there is, with its help; nothing is read or opened before one runs. It throws instead of ending the process. */
export function buildProgram(): Command {
  const program = new Command('sixdigit')
    .description('What operators do by hand. Reads the same environment, and the same .env, as the program itself.')
    .version(version)
    .exitOverride()
    .enablePositionalOptions() // what stands behind a command is that command's own, also where its parent has the same
    .showHelpAfterError('(--help tells more)');
  for (const add of COMMANDS) add(program);
  addExamples(program);
  return program;
}
