import type { Command } from 'commander';

import { actionsIn } from '../actions-in.js';

const action = actionsIn(() => import('../actions/lookup.js'));

export function lookupCommand(program: Command): void {
  program
    .command('lookup')
    .argument('<phone>', 'E.164, or a national number of PHONE_DEFAULT_REGION')
    .description('line type and network of one number: what is known, else what LOOKUP_PROVIDER says, for money')
    .option('--known', 'only what is known: costs nothing')
    .option('--json', 'for programs')
    .action(action('lookUp'));
}
