import type { AppConfig } from '../../config/index.js';
import {
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

export async function create(
  url: string,
  { events, description, json }: Json & { events?: EventType[]; description?: string },
): Promise<void> {
  const { id, secret } = await endpoints((all) => all.create({ url, events, description }, operator()));
  if (json) return print({ id, secret });
  console.log(`endpoint ${id}\nsecret   ${secret}`);
}

export async function list({ json }: Json): Promise<void> {
  const all = await endpoints((each) => each.list());
  if (json) return print(all);
  for (const endpoint of all) console.log(lineOf(endpoint));
  if (all.length === 0) console.log('none');
}

export async function rotate(id: string, { json }: Json): Promise<void> {
  const { secret, formerUntil } = await endpoints((all) => all.rotateSecret(id, operator()));
  if (json) return print({ id, secret, formerUntil });
  console.log(`secret   ${secret}\nthe one before signs, too, until ${formerUntil.toISOString()}`);
}

export async function remove(id: string, { json }: Json): Promise<void> {
  await endpoints((all) => all.remove(id, operator()));
  if (json) return print({ deleted: id });
  console.log(`deleted ${id}`);
}

export async function listDeliveries(
  id: string,
  { status, json }: Json & { status?: 'pending' | 'delivered' | 'failed' },
): Promise<void> {
  const all = await deliveries((each) => each.of(id, status));
  if (json) return print(all);
  for (const { id: delivery, eventId, type, status: state, tries, createdAt, lastError } of all)
    console.log(
      [createdAt.toISOString(), delivery, eventId, type, state, `tries=${tries}`, lastError].filter(Boolean).join('  '),
    );
  if (all.length === 0) console.log('none');
}

export async function replay(id: string, { since, json }: Json & { since?: Date }): Promise<void> {
  const count = await deliveries(async (all) =>
    since ? all.replaySince(id, since, operator()) : all.replay(id, operator()).then(() => 1),
  );
  if (json) return print({ replayed: count });
  console.log(`${count} to be told again, by the program when it runs`);
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
