import type { Command } from 'commander';

import { SCOPES } from '../../http/light.js';
import { actionsIn } from '../actions-in.js';

const action = actionsIn(() => import('../actions/keys.js'));

export function keysCommand(program: Command): void {
  const keys = program
    .command('keys')
    .description('API keys; the embedded database serves one process: stop the program first, or use /v1/admin/keys');
  keys
    .command('create')
    .description('make a key and show it, once')
    .requiredOption('--name <name>', 'who will call by it: a-z 0-9 -')
    .option('--scopes <scopes>', `of ${SCOPES.join(', ')}`, 'verify')
    .option('--expires <time>', 'after how long it is of no use any more, such as 90d or 12h')
    .option('--json', 'as JSON')
    .action(action('create'));
  keys.command('list').description('all keys, newest first').option('--json', 'as JSON').action(action('list'));
  keys
    .command('revoke <id>')
    .description('end a key: at once where this runs, within 5 s elsewhere')
    .option('--json', 'as JSON')
    .action(action('revoke'));
}
