import { InvalidArgumentError, type Command } from 'commander';

import { CHANNELS, type Channel } from '../../sms/light.js';
import { actionsIn } from '../actions-in.js';

const action = actionsIn(() => import('../actions/routes.js'));

const names = (text: string): string[] => text.split(',').map((name) => name.trim());
const country = (text: string): string => text.toUpperCase();
function channel(text: string): Channel {
  if (!(CHANNELS as readonly string[]).includes(text))
    throw new InvalidArgumentError(`It is one of ${CHANNELS.join(', ')}.`);
  return text as Channel;
}

export function routesCommand(program: Command): void {
  const routes = program.command('routes').description('which provider is asked first, and why');
  const matching = (command: Command) =>
    command
      .option('--country <country>', 'two letters; without it any', country)
      .option('--network <mcc-mnc>', 'how MCC and MNC begin, such as 310-260')
      .option('--channel <channel>', CHANNELS.join(', '), channel);

  routes
    .command('list')
    .description('all rules, the narrowest first: of those that match, the first decides')
    .option('--json', 'for programs')
    .action(action('list'));

  matching(routes.command('set'))
    .description('sets the rule for some texts; running programs follow within 5 s')
    .option('--providers <names>', 'these, in this order, and nobody else', names)
    .option('--exclude <names>', 'not these', names)
    .option('--learn', 'by what is measured, whatever ROUTING says')
    .option('--json', 'for programs')
    .action(action('set'));

  matching(routes.command('unset'))
    .description('takes back the rule for exactly these texts')
    .option('--json', 'for programs')
    .action(action('unset'));

  routes
    .command('why [phone]')
    .description('why this provider: the rule or what was measured, for a phone, or for a text that was sent')
    .option('--message <id>', 'how that text went')
    .option('--network <mcc-mnc>', 'as a lookup told it')
    .option('--channel <channel>', CHANNELS.join(', '), channel)
    .option('--json', 'as the admin API answers it')
    .action(action('why'));
}
