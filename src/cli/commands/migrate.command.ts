import type { Command } from 'commander';

import { actionsIn } from '../actions-in.js';

const action = actionsIn(() => import('../actions/migrate.js'));

/** Needs nothing else of the environment, so that it can run before anything else is there. */
export function migrateCommand(program: Command): void {
  const migrate = program
    .command('migrate')
    .description('the tables of the database; the program itself brings them up to date when it starts');
  const add = (command: Command) => command.option('--json', 'for programs');
  add(migrate.command('status').description('what is applied; fails where something is not as it should be')).action(
    action('status'),
  );
  add(migrate.command('deploy').description('apply what is pending, once, however many do it at the same time')).action(
    action('deploy'),
  );
  add(
    migrate
      .command('resolve <name>')
      .description('take it that one that failed never ran: the next start runs it again'),
  ).action(action('resolve'));
}
