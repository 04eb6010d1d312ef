import type { Command } from 'commander';

import { actionsIn } from '../actions-in.js';

const action = actionsIn(() => import('../actions/privacy.js'));
const PHONE = 'E.164, or a national number of PHONE_DEFAULT_REGION';

export function privacyCommands(program: Command): void {
  program
    .command('export')
    .argument('<phone>', PHONE)
    .description('what is kept about a number, as JSON')
    .action(action('exported'));

  program
    .command('erase')
    .argument('<phone>', PHONE)
    .description('leaves no trace of a number, but for the HMAC by which its opt-out is known')
    .option('--with-opt-out', 'forget, too, that it asked for no more texts')
    .option('--json', 'for programs')
    .action(action('erase'));
}
