import { setTimeout as wait } from 'node:timers/promises';

import type { DeliveryReport } from '../../src/sms/index.js';
import type { StartRequest } from '../../src/verification/index.js';
import { codeIn, startCluster, type Cluster, type Instance } from '../setup/instances.js';
import type { LedgerEntry } from '../support/index.js';

const PHONE = '+14155552671';
const LEASE_SECS = 14;
/** Much longer than any of this takes, however busy the machine is. */
const AFTER = 200;
const SETTINGS = {
  PUBLIC_BASE_URL: 'https://sms.example.test',
  TWILIO_WHATSAPP_FROM: '+15005550006',
  TWILIO_WHATSAPP_CONTENT_SID: `HX${'0'.repeat(32)}`,
  TWILIO_VOICE_FROM: '+15005550006',
};
const UNDELIVERED = { status: 'undelivered', code: '63016', curable: true } as const;
const NO_WHATSAPP = { status: 'undelivered', code: '63024', curable: false, notOnChannel: true } as const;

let cluster: Cluster;
let one: Instance;

async function begin(instances = 1, env = {}) {
  cluster = await startCluster(instances, { ...SETTINGS, ...env });
  one = cluster.instances[0];
}
afterEach(() => cluster.close());

const request = (more: Partial<StartRequest> = {}): StartRequest => ({
  ...{ phone: PHONE, purpose: 'verification' },
  channels: [{ channel: 'whatsapp', fallbackAfter: AFTER }, { channel: 'sms' }],
  ...more,
});
const start = (more?: Partial<StartRequest>, by = one) => by.verifications.start(request(more));
const all = () => [...cluster.twilio.ledger, ...cluster.sns.ledger];
/** By which channels something went out, in order; Twilio's first. */
const sent = () => all().map(({ channel }) => channel ?? 'sms');
const codes = () => new Set(all().map(({ body }) => codeIn(body)));
const look = () => Promise.all(cluster.instances.map(({ outbox }) => outbox.run()));
const later = async (secs: number) => {
  await cluster.data.age(secs);
  await look();
};
const attemptOf = ({ fields }: LedgerEntry) => /\/twilio\/([0-9a-f-]{36})#/.exec(fields.StatusCallback ?? '')?.[1];
const last = (channel: string) => cluster.twilio.ledger.filter((entry) => entry.channel === channel).at(-1)!;
const says = (channel: string, report: Partial<DeliveryReport>, by = one) => {
  const entry = last(channel);
  const about = { attemptId: attemptOf(entry), providerMessageId: entry.id };
  return by.reports.record('twilio', { ...about, status: 'sent', ...report });
};
const deliveryOf = async (id: string) => (await one.verifications.get(id)).delivery;
const rows = (text: string, values: readonly unknown[] = []) =>
  cluster.data.database.query<Record<string, string>>({ name: '', text }, values);
const money = async () => {
  const [row] = await rows(`SELECT coalesce(sum(held_micros), 0)::int AS held,
    (SELECT coalesce(sum(cost_micros), 0)::int FROM attempts) AS booked FROM spend_days`);
  return [Number(row?.held), Number(row?.booked)];
};

describe('a code by WhatsApp, with a text after it', () => {
  it('goes out as a text when no word of its delivery came in time, once, whoever looks', async () => {
    await begin(3);
    const { id, channel } = await start();
    expect([channel, ...sent()]).toEqual(['whatsapp', 'whatsapp']);
    await says('whatsapp', { status: 'sent' });
    await later(AFTER - 100);
    expect(sent()).toEqual(['whatsapp']);
    await later(101);
    await Promise.all([look(), look()]);
    await later(LEASE_SECS);
    expect(sent()).toEqual(['whatsapp', 'sms']);
    expect(codes().size).toBe(1);
    expect(await one.verifications.get(id)).toMatchObject({ channel: 'sms', status: 'pending' });
    expect(await one.verifications.check(id, codeIn(all()[1]?.body), 'tests')).toMatchObject({ valid: true });
  });

  it('goes out as a text by itself', async () => {
    await begin();
    await start({ channels: [{ channel: 'whatsapp', fallbackAfter: 5 }, { channel: 'sms' }] });
    for (let i = 0; i < 200 && sent().length < 2; i++) await wait(100);
    expect(sent()).toEqual(['whatsapp', 'sms']);
  });

  it('stays there when it was delivered, whatever else is said, and in whatever order', async () => {
    await begin(2);
    const { id } = await start();
    await says('whatsapp', { status: 'delivered' });
    await says('whatsapp', { status: 'sent' }, cluster.instances[1]);
    await says('whatsapp', UNDELIVERED);
    await later(AFTER + 1);
    await later(LEASE_SECS);
    expect(sent()).toEqual(['whatsapp']);
    expect(await deliveryOf(id)).toBe('delivered');
    const [held, booked] = await money();
    expect(held).toBe(booked);
  });

  it('goes on at once when its network says that it failed, and says so of the message while it does', async () => {
    await begin(2);
    const { id } = await start();
    await Promise.all(cluster.instances.map((by) => says('whatsapp', UNDELIVERED, by)));
    expect(await deliveryOf(id)).toBe('sent');
    await Promise.all([look(), look()]);
    expect(sent()).toEqual(['whatsapp', 'sms']);
    await says('sms', { status: 'delivered' });
    expect(await deliveryOf(id)).toBe('delivered');
  });

  it('has failed when both networks gave up', async () => {
    await begin(1, { SMS_PROVIDERS: 'twilio' });
    const { id } = await start();
    await says('whatsapp', NO_WHATSAPP);
    await look();
    await says('sms', { status: 'undelivered', code: '30003', curable: true });
    await later(LEASE_SECS);
    expect(sent()).toEqual(['whatsapp', 'sms']);
    expect(await deliveryOf(id)).toBe('undelivered');
    const [held, booked] = await money();
    expect(held).toBe(booked);
  });

  it('is not tried by WhatsApp again for a phone that has none, unless that is all that is asked for', async () => {
    await begin();
    await start();
    await says('whatsapp', NO_WHATSAPP);
    await look();
    cluster.twilio.ledger.length = 0;
    expect(await start()).toMatchObject({ channel: 'sms' });
    expect(sent()).toEqual(['sms']);
    expect(await start({ channels: undefined, channel: 'whatsapp' })).toMatchObject({ channel: 'whatsapp' });
    expect(await start({ phone: '+14155552672' })).toMatchObject({ channel: 'whatsapp' });
  });

  it('lets a late delivery by WhatsApp count, and sends nothing more', async () => {
    await begin();
    const { id } = await start();
    await later(AFTER + 1);
    await says('sms', { status: 'sent' });
    await says('whatsapp', { status: 'delivered' });
    await says('sms', { status: 'undelivered', code: '30003', curable: true });
    await later(LEASE_SECS);
    expect(sent()).toEqual(['whatsapp', 'sms']);
    expect(await deliveryOf(id)).toBe('delivered');
  });

  it.each<[string, () => Promise<unknown>]>([
    ['the code was entered', async () => undefined],
    [
      'the person sent STOP',
      () => says('whatsapp', { status: 'failed', code: '21610', curable: false, optedOut: true }),
    ],
    ['its network took it for fraud', () => says('whatsapp', { status: 'failed', code: '30450', curable: false })],
  ])('stays there when %s', async (what, happens) => {
    await begin();
    const { id } = await start();
    if (what === 'the code was entered') await one.verifications.check(id, codeIn(all()[0]?.body), 'tests');
    await happens();
    await later(AFTER + 1);
    await later(LEASE_SECS);
    expect(sent()).toEqual(['whatsapp']);
    const [held, booked] = await money();
    expect(held).toBe(booked);
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['the code is entered', (id) => one.verifications.check(id, codeIn(all()[0]?.body), 'tests')],
    ['it is delivered', () => says('whatsapp', { status: 'delivered' })],
    ['it is canceled', (id) => one.verifications.cancel(id)],
  ])('stays there when %s just before the text begins', async (_, happens) => {
    await begin();
    const { id } = await start();
    one.database.before.set('begin_attempt', () => happens(id));
    await later(AFTER + 1);
    one.database.before.clear();
    await later(LEASE_SECS);
    expect(sent()).toEqual(['whatsapp']);
  });

  it('goes on at once when nobody takes it by WhatsApp', async () => {
    await begin();
    cluster.twilio.script({ kind: 'reject', code: '63007' });
    const { id, delivery } = await start();
    expect(delivery).toBe('queued');
    await look();
    expect(sent()).toEqual(['sms']);
    expect(await deliveryOf(id)).toBe('accepted');
  });

  it('says at once that nobody can be reached who asked for no more texts', async () => {
    await begin();
    cluster.twilio.script({ kind: 'reject', code: '21610' });
    await expect(start()).rejects.toMatchObject({ extensions: { reason: 'opted_out' } });
    await later(AFTER + 1);
    expect(sent()).toEqual([]);
  });

  it('waits out its time when nobody knows whether WhatsApp has it', async () => {
    await begin();
    cluster.twilio.script({ kind: 'accept-then-reset' }, { kind: 'reject', code: '63007' });
    const { delivery } = await start();
    expect(delivery).toBe('unknown');
    await later(AFTER - 100);
    expect(sent()).toEqual(['whatsapp']);
    await later(101);
    expect(sent()).toEqual(['whatsapp', 'sms']);
  });

  it('counts as one text of the phone', async () => {
    await begin();
    const { sendsLeft } = await start();
    await later(AFTER + 1);
    expect(sent()).toEqual(['whatsapp', 'sms']);
    expect(sendsLeft).toBe(4);
    const [window] = await rows('SELECT cardinality(hits) AS hits FROM limit_windows');
    expect(Number(window?.hits)).toBe(1);
  });

  it.each([
    ['after WhatsApp took it', 'record_dispatch_in_full', 1],
    ['before the text begins', 'begin_attempt', 2],
    ['after the text was taken', 'record_dispatch_in_full', 3],
  ])('loses nothing, and doubles one at most, when the process dies %s', async (_, statement, at) => {
    await begin(2);
    const die = () => cluster.instances.forEach(({ database }) => database.lost.add(statement));
    const live = () => cluster.instances.forEach(({ database }) => database.lost.clear());
    if (at === 1) die();
    const started = start();
    await started;
    if (at === 1) live();
    else die();
    await later(AFTER + 1);
    live();
    for (let i = 0; i < 3; i++) await later(LEASE_SECS);
    expect(sent().filter((channel) => channel === 'whatsapp')).toHaveLength(1);
    expect(sent().filter((channel) => channel === 'sms').length).toBeGreaterThanOrEqual(1);
    expect(sent().length).toBeLessThanOrEqual(3);
    expect(codes().size).toBe(1);
  });

  it('is the same way again by a resend, or another one that was asked for', async () => {
    await begin();
    const { id } = await start();
    await says('whatsapp', { status: 'sent' });
    await cluster.data.age(31);
    await one.verifications.resend(id);
    await cluster.data.age(61);
    await one.verifications.resend(id, undefined, null, false, { channel: 'voice' });
    expect(sent()).toEqual(['whatsapp', 'whatsapp', 'voice']);
    expect(codes().size).toBe(1);
  });

  it('does not go on to a channel that a resend went by meanwhile', async () => {
    await begin();
    const { id } = await start();
    await cluster.data.age(31);
    await one.verifications.resend(id, undefined, null, false, { channel: 'sms' });
    await later(AFTER);
    expect(sent()).toEqual(['whatsapp', 'sms']);
    const [held, booked] = await money();
    expect(held).toBe(booked);
  });

  it('goes on where the resend failed', async () => {
    await begin();
    const { id } = await start();
    await cluster.data.age(31);
    await one.verifications.resend(id, undefined, null, false, { channel: 'sms' });
    await says('sms', { status: 'undelivered', code: '30006', curable: true });
    await look();
    await later(AFTER);
    expect(sent().filter((channel) => channel === 'sms').length).toBeGreaterThan(1);
  });

  it('does not go on after any text of the verification was delivered since', async () => {
    await begin();
    const { id } = await start();
    await cluster.data.age(31);
    await one.verifications.resend(id, undefined, null, false, { channel: 'voice' });
    await says('voice', { status: 'delivered' });
    await later(AFTER);
    expect(sent()).toEqual(['whatsapp', 'voice']);
  });

  it('goes on when what was delivered is older than it', async () => {
    await begin();
    const { id } = await start({ channels: undefined, channel: 'voice' });
    await says('voice', { status: 'delivered' });
    await cluster.data.age(31);
    await rows(`UPDATE messages SET updated_at = created_at - interval '10 minutes'`);
    const { channels } = request();
    await one.verifications.resend(id, undefined, null, false, { channels });
    await later(AFTER + 1);
    expect(sent()).toEqual(['voice', 'whatsapp', 'sms']);
  });
});

describe('a plan of three', () => {
  it('tries one after the other, and ends with the last', async () => {
    await begin(2);
    const channels = [
      { channel: 'whatsapp', fallbackAfter: 100 },
      { channel: 'sms', fallbackAfter: 150 },
      { channel: 'voice' },
    ] as const;
    const { id } = await start({ channels });
    await later(101);
    expect(sent()).toEqual(['whatsapp', 'sms']);
    await later(80);
    expect(sent()).toEqual(['whatsapp', 'sms']);
    await later(101);
    expect(sent()).toEqual(['whatsapp', 'sms', 'voice']);
    await says('voice', { status: 'undelivered', code: 'busy', curable: true });
    await later(60);
    expect(sent()).toHaveLength(3);
    expect(codes().size).toBe(1);
    expect(await deliveryOf(id)).toBe('sent');
    await says('voice', { status: 'delivered' });
    expect(await deliveryOf(id)).toBe('delivered');
  });
});

describe('what a plan costs', () => {
  const PRICES = new URL('../support/channel-prices.json', import.meta.url).pathname;
  const budget = (SMS_DAILY_COST_LIMIT: string) => ({
    ...{ SMS_DAILY_COST_LIMIT, PRICES_FILE: PRICES, SMS_PROVIDERS: 'twilio', SMS_COST_SHARE_FOR_KNOWN: '0' },
  });

  it('is reserved for all its channels before the first POST, and refused where it does not fit', async () => {
    // Each may go out twice: 2 x 0.02 + 2 x 0.01.
    await begin(1, budget('0.05'));
    await expect(start()).rejects.toMatchObject({ code: 'COST_LIMIT_REACHED' });
    expect(sent()).toEqual([]);
    await expect(start({ channels: undefined, channel: 'whatsapp' })).resolves.toBeDefined();
  });

  it('is booked by what each channel costs, and let go of when the plan is over', async () => {
    await begin(1, budget('1'));
    await start();
    expect(await money()).toEqual([60_000, 20_000]);
    await later(AFTER + 1);
    expect(await rows('SELECT channel, cost_micros::int AS micros FROM attempts ORDER BY started_at')).toEqual([
      { channel: 'whatsapp', micros: 20_000 },
      { channel: 'sms', micros: 10_000 },
    ]);
    expect(await money()).toEqual([30_000, 30_000]);
  });

  it('is let go of by a delivery', async () => {
    await begin(1, budget('1'));
    await start();
    await says('whatsapp', { status: 'delivered' });
    expect(await money()).toEqual([20_000, 20_000]);
  });
});

describe('a call', () => {
  it('goes to a landline, which gets no text', async () => {
    await begin();
    const phone = '+442079460000';
    await expect(start({ phone, channels: undefined, channel: 'sms' })).rejects.toMatchObject({
      code: 'DESTINATION_NOT_ALLOWED',
    });
    const channels = [{ channel: 'sms', fallbackAfter: 5 }, { channel: 'voice' }] as const;
    expect(await start({ phone, channels })).toMatchObject({ channel: 'voice' });
    expect(sent()).toEqual(['voice']);
  });
});
