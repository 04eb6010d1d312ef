import type { Command } from 'commander';

import { actionsIn } from '../actions-in.js';
import { addWhere } from '../api/where.js';

const action = actionsIn(() => import('../actions/providers.js'));

export function providersCommand(program: Command): void {
  const providers = program
    .command('providers')
    .description('where each provider stands in the rotation of a running program, and by hand out of it');
  const add = (command: Command) =>
    addWhere(command.option('--json', 'as the admin API answers it'), 'admin', 'there is nobody to ask');

  add(providers.command('list').description('all of them, most preferred first')).action(action('list'));
  add(
    providers.command('show <name>').description('one, with its latest errors and how it came to stand there'),
  ).action(action('show'));
  add(
    providers
      .command('take-out <name>')
      .description('give it no text any more, until it is put back')
      .requiredOption('--reason <text>', 'for all other operators')
      .option('--force', 'although no other provider is left'),
  ).action(action('takeOut'));
  add(providers.command('put-back <name>').description('let it earn its trial, as any other that was out')).action(
    action('putBack'),
  );
}
