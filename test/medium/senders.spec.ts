import { setTimeout as sleep } from 'node:timers/promises';

import { PhoneNumber } from '../../src/kernel/index.js';
import { TESTS } from '../setup/admin.js';
import { codeIn, startCluster, type Cluster, type Instance } from '../setup/instances.js';
import type { LedgerEntry } from '../support/index.js';

jest.setTimeout(120_000);

const POOL = ['+12125551000', '+12125551001'] as const;
const ENV = {
  PUBLIC_BASE_URL: 'https://sms.example.test',
  TWILIO_FROM_NUMBERS: POOL.join(','),
  TWILIO_FROM_NUMBER: '',
};

let cluster: Cluster;
let one: Instance;
let phones = 0;

async function begin(instances = 1, env = {}) {
  cluster = await startCluster(instances, { ...ENV, SMS_PROVIDERS: 'twilio', ...env });
  one = cluster.instances[0];
}
afterEach(() => cluster.close());

const newPhone = () => `+1415555${1_000 + phones++}`;
const start = (phone = newPhone(), by = one) =>
  by.verifications.start({ phone, purpose: 'verification', channel: 'sms' }).then(() => phone);
const attemptOf = ({ fields }: LedgerEntry) => /\/twilio\/([0-9a-f-]{36})#/.exec(fields.StatusCallback ?? '')?.[1];
const report = (entry: LedgerEntry, code: string | null, by = one) =>
  by.reports.record('twilio', {
    attemptId: attemptOf(entry),
    providerMessageId: entry.id,
    ...(code === null
      ? { status: 'delivered' }
      : { status: 'undelivered', code, curable: false, senderFault: code === '30034' ? 'unusable' : 'blocked' }),
  });
const pick = (phone: string, by = one) => by.senders.pick('twilio', { to: PhoneNumber.parse(phone), channel: 'sms' });
/** Phones that get their texts from that sender. */
function phonesOf(sender: string, count: number): string[] {
  const found: string[] = [];
  while (found.length < count) {
    const phone = newPhone();
    if (pick(phone) === sender) found.push(phone);
  }
  return found;
}
const newest = () => cluster.twilio.ledger.at(-1)!;
async function sentFrom(sender: string, code: string | null, count: number) {
  for (const phone of phonesOf(sender, count)) {
    await start(phone);
    expect(newest().from).toBe(sender);
    await report(newest(), code);
  }
}
const resting = async () =>
  (await one.senderOffice.list())
    .filter(({ resting: rest }) => rest)
    .map(({ sender, resting: rest }) => [sender, rest?.reason]);
const rows = (text: string) => cluster.data.database.query<Record<string, unknown>>({ name: '', text }, []);
const until = async (holds: () => boolean) => {
  for (const end = performance.now() + 10_000; performance.now() < end && !holds(); ) await sleep(50);
};

describe('a sender that carriers block', () => {
  it('rests after three phones, on every instance, and its recipients get texts from another', async () => {
    await begin(2);
    await sentFrom(POOL[0], '30007', 2);
    expect(await resting()).toEqual([]);
    const [third, fourth] = phonesOf(POOL[0], 2);
    await start(third);
    await report(newest(), '30007');
    expect(await resting()).toEqual([[POOL[0], 'code 30007']]);
    await start(fourth);
    expect(newest().from).toBe(POOL[1]);
    const other = cluster.instances[1]!;
    await until(() => pick(fourth!, other) === POOL[1]);
    expect(pick(fourth!, other)).toBe(POOL[1]);
    const [{ hours } = {}] = await rows('SELECT extract(epoch FROM until - since) / 3600 AS hours FROM sender_rests');
    expect(Number(hours)).toBe(24);
    const sent = await rows(`SELECT sender, count(*)::int AS texts FROM attempts GROUP BY 1 ORDER BY 1`);
    expect(sent).toEqual([
      { sender: POOL[0], texts: 3 },
      { sender: POOL[1], texts: 1 },
    ]);
  });

  it('does not rest for one handset, however often and in however many reports it says so', async () => {
    await begin();
    const [phone] = phonesOf(POOL[0], 1);
    for (let text = 0; text < 4; text++) {
      await start(phone);
      for (let times = 0; times < 5; times++) await report(newest(), '30007');
    }
    expect(await resting()).toEqual([]);
    expect(await rows('SELECT count(*)::int AS rows FROM sender_blocks')).toEqual([{ rows: 1 }]);
  });

  it('does not rest for a few handsets among many that its texts reach', async () => {
    await begin();
    await sentFrom(POOL[0], null, 28);
    await sentFrom(POOL[0], '30007', 3);
    expect(await resting()).toEqual([]);
    await sentFrom(POOL[0], '30007', 1);
    expect(await resting()).toEqual([[POOL[0], 'code 30007']]);
  });

  it('does not rest for opt-outs and phones that cannot be reached', async () => {
    await begin();
    for (const code of ['21610', '30003', '30005', '30008']) {
      for (const phone of phonesOf(POOL[0], 4)) {
        await start(phone);
        await one.reports.record('twilio', {
          ...{ attemptId: attemptOf(newest()), providerMessageId: newest().id, status: 'undelivered', code },
          ...(cluster.twilio && { curable: false }),
        });
      }
    }
    expect(await resting()).toEqual([]);
  });

  it('rests at once when it is registered for no campaign', async () => {
    await begin();
    await sentFrom(POOL[0], '30034', 1);
    expect(await resting()).toEqual([[POOL[0], 'code 30034']]);
  });

  it('rests by three reports that come at the same time at three instances, and once', async () => {
    await begin(3);
    const entries: LedgerEntry[] = [];
    for (const phone of phonesOf(POOL[0], 3)) {
      await start(phone);
      entries.push(newest());
    }
    await Promise.all(entries.map((entry, index) => report(entry, '30007', cluster.instances[index])));
    expect(await resting()).toEqual([[POOL[0], 'code 30007']]);
  });

  it('is used all the same when no other is left, and no text is lost', async () => {
    await begin();
    await sentFrom(POOL[0], '30034', 1);
    await sentFrom(POOL[1], '30034', 1);
    expect((await resting()).length).toBe(2);
    await start();
    expect(newest().from).toBe(POOL[0]); // its rest ends first
    expect(codeIn(newest().body)).toMatch(/^\d{6}$/);
  });

  it('comes back after a day', async () => {
    await begin();
    await sentFrom(POOL[0], '30034', 1);
    const [phone] = [newPhone()];
    expect(pick(phone)).toBe(POOL[1]);
    await rows(`UPDATE sender_rests SET since = since - interval '24 hours', until = until - interval '24 hours'`);
    await one.rests.refresh();
    expect(await resting()).toEqual([]);
    expect(phonesOf(POOL[0], 1)).toHaveLength(1);
  });

  it('rests when Twilio says that it is not ours, though no report can tell', async () => {
    await begin(1, { SMS_PROVIDERS: 'twilio,aws-sns' });
    const [phone, next] = phonesOf(POOL[0], 2);
    cluster.twilio.script({ kind: 'reject', code: '21660' });
    await start(phone);
    expect(cluster.sns.ledger).toHaveLength(1); // the text went another way
    await until(() => pick(next!) === POOL[1]);
    expect(await resting()).toEqual([[POOL[0], 'unusable']]);
    await start(next);
    expect(newest().from).toBe(POOL[1]);
  });

  it('goes on resting while the database is gone', async () => {
    await begin();
    await sentFrom(POOL[0], '30034', 1);
    one.database.lost.add('resting_senders');
    await expect(one.rests.refresh()).rejects.toThrow();
    expect(phonesOf(POOL[1], 5)).toHaveLength(5);
    expect(pick(newPhone())).toBe(POOL[1]);
  });

  it('tells the provider to report again when that could not be written down', async () => {
    await begin();
    const entries: LedgerEntry[] = [];
    for (const phone of phonesOf(POOL[0], 1)) {
      await start(phone);
      entries.push(newest());
    }
    one.database.lost.add('block_sender');
    await expect(report(entries[0]!, '30034')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    one.database.lost.clear();
    await report(entries[0]!, '30034');
    expect(await resting()).toEqual([[POOL[0], 'code 30034']]);
  });
});

describe('operators', () => {
  it('wake a sender, and what led to its rest counts no more', async () => {
    await begin();
    await sentFrom(POOL[0], '30007', 3);
    const last = newest();
    expect(await one.senderOffice.wake(POOL[0], undefined, TESTS)).toBe(1);
    expect(await resting()).toEqual([]);
    await report(last, '30007'); // told again
    await sentFrom(POOL[0], '30007', 2);
    expect(await resting()).toEqual([]);
    await sentFrom(POOL[0], '30007', 1);
    expect(await resting()).toEqual([[POOL[0], 'code 30007']]);
    expect(await one.senderOffice.wake(POOL[0], 'twilio', TESTS)).toBe(1);
    expect(await one.senderOffice.wake(POOL[0], 'twilio', TESTS)).toBe(0);
    const audit = await rows('SELECT act, subject FROM admin_audit ORDER BY id');
    expect(audit).toEqual([
      { act: 'sender.wake', subject: POOL[0] },
      { act: 'sender.wake', subject: POOL[0] },
    ]);
  });

  it('see how many texts of a sender arrived', async () => {
    await begin();
    await sentFrom(POOL[1], null, 3);
    await sentFrom(POOL[1], '30007', 1);
    const [, second] = await one.senderOffice.list();
    expect(second).toMatchObject({ sender: POOL[1], country: 'US', areaCode: '212', sent: 4, deliveredShare: 0.75 });
  });
});

describe('a person', () => {
  it('is told of, and erased from, what is known of blocked texts', async () => {
    await begin();
    const [phone] = phonesOf(POOL[0], 1);
    await start(phone);
    await report(newest(), '30007');
    const whose = PhoneNumber.parse(phone!);
    const shown = await one.privacy.export(whose, TESTS);
    expect(JSON.stringify(shown)).toContain('sender_blocks');
    await one.privacy.erase(whose, { optOut: false }, TESTS);
    expect(await rows('SELECT count(*)::int AS rows FROM sender_blocks')).toEqual([{ rows: 0 }]);
  });
});
