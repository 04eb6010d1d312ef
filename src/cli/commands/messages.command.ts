import type { Command } from 'commander';

import { actionsIn } from '../actions-in.js';
import { addWhere } from '../api/where.js';

const action = actionsIn(() => import('../actions/messages.js'));

export function messagesCommand(program: Command): void {
  const messages = program.command('messages').description('single texts, and what became of them');
  const show = messages
    .command('show')
    .argument('<id>', 'the messageId of a verification, or the id of a text')
    .description('its whole way, in order: every try at a provider, and what networks reported')
    .option('--json', 'as the API answers it');
  addWhere(show, 'message', 'straight from the database, which has no other process then').action(action('show'));
}
