import { InvalidArgumentError, Option, type Command } from 'commander';

import { EVENT_TYPES, type EventType } from '../../webhooks/light.js';
import { actionsIn } from '../actions-in.js';

const action = actionsIn(() => import('../actions/webhooks.js'));

export function webhooksCommand(program: Command): void {
  const webhooks = program
    .command('webhooks')
    .description('servers of yours that are told what happens: docs/webhooks.md');
  webhooks
    .command('create <url>')
    .description('have a server told; shows its secret, once')
    .option('--events <types>', 'what it wants to be told, separated by commas; without: all', readTypes)
    .option('--description <text>', 'a word about it')
    .option('--json', 'for programs')
    .action(action('create'));
  webhooks.command('list').description('list them').option('--json', 'for programs').action(action('list'));
  webhooks
    .command('rotate <id>')
    .description('make a new secret; for 24 hours deliveries are signed with both')
    .option('--json', 'for programs')
    .action(action('rotate'));
  webhooks
    .command('delete <id>')
    .description('tell it nothing any more')
    .option('--json', 'for programs')
    .action(action('remove'));
  webhooks
    .command('deliveries <id>')
    .description('what it was told, newest first')
    .addOption(new Option('--status <status>', 'only those').choices(['pending', 'delivered', 'failed']))
    .option('--json', 'for programs')
    .action(action('listDeliveries'));
  webhooks
    .command('replay <id>')
    .description('tell an event again: a delivery, or with --since all that an endpoint missed')
    .option(
      '--since <time>',
      'the id is that of an endpoint; of events since then, those that failed or wait',
      readTime,
    )
    .option('--json', 'for programs')
    .action(action('replay'));
}

function readTypes(text: string): EventType[] {
  const types = text.split(',').map((type) => type.trim());
  const wrong = types.find((type) => !(EVENT_TYPES as readonly string[]).includes(type));
  if (wrong !== undefined)
    throw new InvalidArgumentError(`There is no "${wrong}". There are: ${EVENT_TYPES.join(', ')}.`);
  return types as EventType[];
}

function readTime(text: string): Date {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new InvalidArgumentError('Give a time such as 2026-11-21T14:00:00Z.');
  return at;
}
