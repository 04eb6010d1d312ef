import { type Command, InvalidArgumentError, Option } from 'commander';

import type { AppConfig } from '../../config/index.js';
import {
  EVENT_TYPES,
  WebhookDeliveries,
  WebhookEndpoints,
  WebhooksModule,
  type EndpointState,
  type EventType,
} from '../../webhooks/index.js';
import { operator } from '../operator.js';
import { withRooms } from '../rooms.js';

interface Json {
  readonly json?: true;
}

const rooms = ({ webhooks }: AppConfig) => [WebhooksModule.forRoot({ ...webhooks, deliver: false })];
const endpoints = <T>(work: (endpoints: WebhookEndpoints) => Promise<T>) =>
  withRooms(rooms, (context) => work(context.get(WebhookEndpoints)));
const deliveries = <T>(work: (deliveries: WebhookDeliveries) => Promise<T>) =>
  withRooms(rooms, (context) => work(context.get(WebhookDeliveries)));

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
    .action(
      async (url: string, { events, description, json }: Json & { events?: EventType[]; description?: string }) => {
        const { id, secret } = await endpoints((all) => all.create({ url, events, description }, operator()));
        if (json) return print({ id, secret });
        console.log(`endpoint ${id}\nsecret   ${secret}`);
      },
    );
  webhooks
    .command('list')
    .description('list them')
    .option('--json', 'for programs')
    .action(async ({ json }: Json) => {
      const all = await endpoints((each) => each.list());
      if (json) return print(all);
      for (const endpoint of all) console.log(lineOf(endpoint));
      if (all.length === 0) console.log('none');
    });
  webhooks
    .command('rotate <id>')
    .description('make a new secret; for 24 hours deliveries are signed with both')
    .option('--json', 'for programs')
    .action(async (id: string, { json }: Json) => {
      const { secret, formerUntil } = await endpoints((all) => all.rotateSecret(id, operator()));
      if (json) return print({ id, secret, formerUntil });
      console.log(`secret   ${secret}\nthe one before signs, too, until ${formerUntil.toISOString()}`);
    });
  webhooks
    .command('delete <id>')
    .description('tell it nothing any more')
    .option('--json', 'for programs')
    .action(async (id: string, { json }: Json) => {
      await endpoints((all) => all.remove(id, operator()));
      if (json) return print({ deleted: id });
      console.log(`deleted ${id}`);
    });
  webhooks
    .command('deliveries <id>')
    .description('what it was told, newest first')
    .addOption(new Option('--status <status>', 'only those').choices(['pending', 'delivered', 'failed']))
    .option('--json', 'for programs')
    .action(async (id: string, { status, json }: Json & { status?: 'pending' | 'delivered' | 'failed' }) => {
      const all = await deliveries((each) => each.of(id, status));
      if (json) return print(all);
      for (const { id: delivery, eventId, type, status: state, tries, createdAt, lastError } of all)
        console.log(
          [createdAt.toISOString(), delivery, eventId, type, state, `tries=${tries}`, lastError]
            .filter(Boolean)
            .join('  '),
        );
      if (all.length === 0) console.log('none');
    });
  webhooks
    .command('replay <id>')
    .description('tell an event again: a delivery, or with --since all that an endpoint missed')
    .option(
      '--since <time>',
      'the id is that of an endpoint; of events since then, those that failed or wait',
      readTime,
    )
    .option('--json', 'for programs')
    .action(async (id: string, { since, json }: Json & { since?: Date }) => {
      const count = await deliveries(async (all) =>
        since ? all.replaySince(id, since, operator()) : all.replay(id, operator()).then(() => 1),
      );
      if (json) return print({ replayed: count });
      console.log(`${count} to be told again, by the program when it runs`);
    });
}

const print = (value: unknown) => console.log(JSON.stringify(value, null, 2));

const lineOf = ({ id, url, events, description, disabledAt, disabledReason, failingSince }: EndpointState): string =>
  [
    id,
    url,
    events.length > 0 ? events.join(',') : 'all events',
    description,
    disabledAt ? `disabled (${disabledReason})` : failingSince && `failing since ${failingSince.toISOString()}`,
  ]
    .filter(Boolean)
    .join('  ');

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
