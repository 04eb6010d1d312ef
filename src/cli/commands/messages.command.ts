import type { Command } from 'commander';

import { withProgram } from '../api/program-api.js';
import { addWhere, type Where } from '../api/where.js';
import { timelineOf, type Shown } from '../api/timeline.js';

export function messagesCommand(program: Command): void {
  const messages = program.command('messages').description('single texts, and what became of them');
  const show = messages
    .command('show')
    .argument('<id>', 'the messageId of a verification, or the id of a text')
    .description('its whole way, in order: every try at a provider, and what networks reported')
    .option('--json', 'as the API answers it');
  addWhere(show, 'message', 'straight from the database, which has no other process then').action(
    async (id: string, { json, ...where }: Where & { json?: true }) => {
      const path = `/v1/messages/${encodeURIComponent(id)}`;
      const message = await withProgram(where, (api) => api.call<Shown>('GET', path));
      console.log(json ? JSON.stringify(message, null, 2) : timelineOf(message).join('\n'));
    },
  );
}
