import type { Command } from 'commander';

import { actionsIn } from '../actions-in.js';
import { addWhere } from '../api/where.js';

const action = actionsIn(() => import('../actions/batches.js'));

export function batchesCommand(program: Command): void {
  const batches = program.command('batches').description('texts that were sent many at once, by: send');
  const add = (name: string, about: string) =>
    addWhere(
      batches.command(name).description(about).option('--json', 'as JSON'),
      'message',
      'straight from the database',
    );
  add('list', 'the newest').action(action('list'));
  add('status <id>', 'how far one is').action(action('status'));
  add('pause <id>', 'begin no more of its rows for now').action(action('pause'));
  add('resume <id>', 'go on, also with a batch of which only some rows came').action(action('resume'));
  add('cancel <id>', 'end it: what is not begun is never sent').action(action('cancel'));
}
