import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

import fc from 'fast-check';
import { Client } from 'pg';

import { KeyRing, PhoneNumber } from '../../src/kernel/index.js';
import type { DeliveryReport } from '../../src/sms/index.js';
import type { StartRequest } from '../../src/verification/index.js';
import { serverUrl } from '../setup/database.js';
import { codeIn, startCluster, type Cluster, type Instance } from '../setup/instances.js';
import type { LedgerEntry } from '../support/index.js';

const PHONE = '+14155552671';
const LEASE_SECS = 14;
const WAIT_SECS = 21;
const PUBLIC = { PUBLIC_BASE_URL: 'https://sms.example.test' };
const UNDELIVERED = { status: 'undelivered', code: '30003', curable: true } as const;

let cluster: Cluster;
let one: Instance;
let phones: number;

async function begin(instances: number, env = {}) {
  cluster = await startCluster(instances, { ...PUBLIC, ...env });
  one = cluster.instances[0];
  phones = 1_000;
}
afterEach(() => cluster.close());

const request = (phone = PHONE): StartRequest => ({ phone, purpose: 'verification', channel: 'sms' });
const newPhone = () => `+1212555${phones++}`;
const texts = () => [...cluster.twilio.ledger, ...cluster.sns.ledger];
const counts = () => [cluster.twilio.ledger.length, cluster.sns.ledger.length];
const codes = () => new Set(texts().map(({ body }) => codeIn(body)));
/** All instances look for due messages at once. */
const look = () => Promise.all(cluster.instances.map(({ outbox }) => outbox.run()));
const later = async (secs: number) => {
  await cluster.data.age(secs);
  await look();
};

const attemptOf = ({ fields }: LedgerEntry) => /\/twilio\/([0-9a-f-]{36})#/.exec(fields.StatusCallback ?? '')?.[1];
const newest = (entries: readonly LedgerEntry[]) => entries.at(-1)!;
/** What Twilio's network says about a text. */
const twilioSays = (report: Partial<DeliveryReport>, entry = newest(cluster.twilio.ledger), by = one) =>
  by.reports.record('twilio', { attemptId: attemptOf(entry), providerMessageId: entry.id, status: 'sent', ...report });
const snsSays = (report: Partial<DeliveryReport>) =>
  one.reports.record('aws-sns', { providerMessageId: newest(cluster.sns.ledger).id, status: 'sent', ...report });
/** One text that Twilio told about: from now on its silence says something. */
async function makeTwilioKnown() {
  await one.verifications.start(request(newPhone()));
  await twilioSays({ status: 'delivered' });
  await Promise.all(cluster.instances.map(({ outbox }) => outbox.run()));
  cluster.twilio.ledger.length = 0;
}
const deliveryOf = async (id: string) => (await one.verifications.get(id)).delivery;
const rows = (text: string, values: readonly unknown[] = []) =>
  cluster.data.database.query<Record<string, string>>({ name: '', text }, values);

describe('a text that its network gives up on', () => {
  it('goes out through the other provider, once, whoever looks and however often it was said', async () => {
    await begin(3);
    const { id } = await one.verifications.start(request());
    await Promise.all(cluster.instances.map((by) => twilioSays(UNDELIVERED, undefined, by)));
    await Promise.all([look(), look()]);
    await twilioSays(UNDELIVERED);
    await look();
    expect(counts()).toEqual([1, 1]);
    expect(codes().size).toBe(1);
    await later(WAIT_SECS);
    expect(counts()).toEqual([1, 1]);
    await snsSays({ status: 'delivered' });
    expect(await deliveryOf(id)).toBe('delivered');
    expect(await one.verifications.check(id, codeIn(texts()[1]?.body), 'tests')).toMatchObject({ valid: true });
  });

  it('goes out by itself', async () => {
    await begin(1);
    await one.verifications.start(request());
    await twilioSays(UNDELIVERED);
    for (let i = 0; i < 150 && counts()[1] === 0; i++) await wait(100);
    expect(counts()).toEqual([1, 1]);
  });

  it.each<[string, Partial<DeliveryReport>]>([
    ['a bad number', { status: 'undelivered', code: '30006', curable: false }],
    ['an opt-out', { status: 'failed', code: '21610', curable: false, optedOut: true }],
  ])('stays there for %s', async (_, report) => {
    await begin(1);
    await makeTwilioKnown();
    const { id } = await one.verifications.start(request());
    await twilioSays(report);
    await twilioSays(UNDELIVERED); // and nothing that is said later changes that
    await later(WAIT_SECS);
    expect(counts()).toEqual([1, 0]);
    expect(await deliveryOf(id)).toBe('undelivered');
  });

  it('stays there when it was delivered, whatever is said before or after', async () => {
    await begin(1);
    await one.verifications.start(request());
    await twilioSays({ status: 'delivered' });
    await twilioSays(UNDELIVERED);
    await later(WAIT_SECS);
    await one.verifications.start(request(newPhone()));
    one.database.lost.add('claim_messages'); // nobody looks in between
    await twilioSays(UNDELIVERED);
    await twilioSays({ status: 'delivered' });
    one.database.lost.clear();
    await later(WAIT_SECS);
    expect(counts()).toEqual([2, 0]);
  });

  it('stays there once the person has typed the code', async () => {
    await begin(1);
    const { id } = await one.verifications.start(request());
    await one.verifications.check(id, codeIn(texts()[0]?.body), 'tests');
    await twilioSays(UNDELIVERED);
    await later(WAIT_SECS);
    expect(counts()).toEqual([1, 0]);
    expect(await deliveryOf(id)).toBe('undelivered');
  });

  it('stays there once its time has run out', async () => {
    await begin(1);
    await one.verifications.start(request());
    await cluster.data.age(601);
    await twilioSays(UNDELIVERED);
    await later(WAIT_SECS);
    expect(counts()).toEqual([1, 0]);
  });

  it('is not followed up twice: when the other network gives up, too, it has failed', async () => {
    await begin(1);
    const { id } = await one.verifications.start(request());
    await twilioSays(UNDELIVERED);
    await look();
    await snsSays(UNDELIVERED);
    await later(WAIT_SECS);
    expect(counts()).toEqual([1, 1]);
    expect(await deliveryOf(id)).toBe('undelivered');
  });

  it('has failed at once where no other provider is', async () => {
    await begin(1, { SMS_PROVIDERS: 'twilio' });
    const { id } = await one.verifications.start(request());
    await twilioSays(UNDELIVERED);
    await later(WAIT_SECS);
    expect(counts()).toEqual([1, 0]);
    expect(await deliveryOf(id)).toBe('undelivered');
  });

  it('waits for the other provider while that takes nothing', async () => {
    await begin(1);
    cluster.sns.behave({ kind: 'reject', code: 'Throttling' });
    const { id } = await one.verifications.start(request());
    await twilioSays(UNDELIVERED);
    await look();
    expect(counts()).toEqual([1, 0]);
    cluster.sns.heal();
    await later(LEASE_SECS);
    await later(LEASE_SECS);
    expect(counts()).toEqual([1, 1]);
    expect(await deliveryOf(id)).toBe('sent');
  });

  it('is not sent again when the word that it arrived comes just before', async () => {
    await begin(1);
    const { id } = await one.verifications.start(request());
    one.database.before.set('begin_attempt', () => twilioSays({ status: 'delivered' }));
    await twilioSays(UNDELIVERED);
    await look();
    await later(LEASE_SECS);
    expect(counts()).toEqual([1, 0]);
    expect(await deliveryOf(id)).toBe('delivered');
  });

  it('is not sent again when the code is typed just before', async () => {
    await begin(1);
    const { id } = await one.verifications.start(request());
    one.database.before.set('begin_attempt', () => one.verifications.check(id, codeIn(texts()[0]?.body), 'tests'));
    await twilioSays(UNDELIVERED);
    await look();
    await later(LEASE_SECS);
    expect(counts()).toEqual([1, 0]);
  });

  it.each([
    ['before the follow-up begins', 'begin_attempt'],
    ['after the other provider took it', 'record_dispatch'],
  ])('costs one more text when the process dies %s', async (_, statement) => {
    await begin(2);
    await one.verifications.start(request());
    for (const { database } of cluster.instances) database.lost.add(statement);
    await twilioSays(UNDELIVERED);
    await look();
    for (const { database } of cluster.instances) database.lost.clear();
    await later(LEASE_SECS);
    await later(LEASE_SECS);
    expect(counts()).toEqual([1, 1]);
  });

  it('is followed up although the process that sent it died', async () => {
    await begin(1);
    one.database.lost.add('record_dispatch');
    await one.verifications.start(request());
    one.database.lost.clear();
    await twilioSays({ status: 'sent' });
    await later(LEASE_SECS);
    expect(counts()).toEqual([1, 0]);
    await twilioSays(UNDELIVERED);
    await look();
    expect(counts()).toEqual([1, 1]);
  });
});

describe('silence', () => {
  it('of a provider that is known to report is followed up, once', async () => {
    await begin(3);
    await makeTwilioKnown();
    await one.verifications.start(request());
    await look();
    expect(counts()).toEqual([1, 0]);
    await later(WAIT_SECS);
    await later(WAIT_SECS);
    expect(counts()).toEqual([1, 1]);
    expect(codes().size).toBe(1);
  });

  it('is broken by the word that the network has it', async () => {
    await begin(1);
    await makeTwilioKnown();
    await one.verifications.start(request());
    await twilioSays({ status: 'sent' });
    await later(WAIT_SECS);
    expect(counts()).toEqual([1, 0]);
  });

  it('is broken even while the follow-up is about to begin', async () => {
    await begin(1);
    await makeTwilioKnown();
    await one.verifications.start(request());
    one.database.before.set('begin_attempt', () => twilioSays({ status: 'sent' }));
    await later(WAIT_SECS);
    await later(LEASE_SECS);
    expect(counts()).toEqual([1, 0]);
  });

  it('is not broken by the word that the provider still has it', async () => {
    await begin(1);
    await makeTwilioKnown();
    await one.verifications.start(request());
    await twilioSays({ status: 'accepted' });
    await later(WAIT_SECS);
    expect(counts()).toEqual([1, 1]);
  });

  it('of a provider that never reported says nothing', async () => {
    await begin(1);
    await one.verifications.start(request());
    await later(WAIT_SECS);
    expect(counts()).toEqual([1, 0]);
  });

  it('says nothing once the code was typed', async () => {
    await begin(1);
    await makeTwilioKnown();
    const { id } = await one.verifications.start(request());
    await one.verifications.check(id, codeIn(texts()[0]?.body), 'tests');
    await later(WAIT_SECS);
    expect(counts()).toEqual([1, 0]);
  });

  it('says nothing any more after five texts in a row, until the provider is heard of again', async () => {
    await begin(1);
    await makeTwilioKnown();
    for (let i = 0; i < 5; i++) {
      await one.verifications.start(request(newPhone()));
      await later(WAIT_SECS);
    }
    expect(counts()).toEqual([5, 5]);
    await one.verifications.start(request(newPhone()));
    await later(WAIT_SECS);
    expect(counts()).toEqual([6, 5]);
    await twilioSays({ status: 'delivered' });
    await look();
    await one.verifications.start(request(newPhone()));
    await later(WAIT_SECS);
    expect(counts()).toEqual([7, 6]);
  });

  it('that is over before anybody looked is still followed up when the bad word comes', async () => {
    await begin(1);
    await makeTwilioKnown();
    await one.verifications.start(request());
    await rows('UPDATE report_sources SET silent = 5');
    await later(WAIT_SECS);
    expect(counts()).toEqual([1, 0]);
    await twilioSays(UNDELIVERED);
    await look();
    expect(counts()).toEqual([1, 1]);
  });
});

describe('a report of a text whose POST had no answer yet', () => {
  it('says that it was taken: no other provider is asked, and the caller hears of it', async () => {
    await begin(1);
    cluster.twilio.behave({ kind: 'accept-then-reset' });
    one.database.before.set('fail_over', () => twilioSays({ status: 'sent' }));
    expect(await one.verifications.start(request())).toMatchObject({ delivery: 'sent' });
    await later(LEASE_SECS);
    expect(counts()).toEqual([1, 0]);
  });

  it('corrects the attempt, and there is no third text', async () => {
    await begin(1);
    cluster.twilio.behave({ kind: 'accept-then-reset' });
    cluster.sns.behave({ kind: 'accept-then-reset' });
    const { id } = await one.verifications.start(request());
    expect(await deliveryOf(id)).toBe('unknown');
    await twilioSays({ status: 'sent' });
    await later(WAIT_SECS);
    expect(counts()).toEqual([1, 1]);
    expect(await deliveryOf(id)).toBe('sent');
    expect(await rows("SELECT outcome::text, fault FROM attempts WHERE provider = 'twilio'")).toEqual([
      { outcome: 'accepted', fault: null },
    ]);
  });

  it('and is bad is followed up when the answer comes', async () => {
    await begin(1);
    one.database.before.set('record_dispatch', async () => {
      one.database.before.clear();
      await twilioSays(UNDELIVERED);
    });
    await one.verifications.start(request());
    await look();
    expect(counts()).toEqual([1, 1]);
  });
});

// The embedded database has one connection, and so no two who could wait for each other.
(serverUrl ? describe : describe.skip)('a report at the very moment of a failover', () => {
  it('goes first, and neither waits for the other for ever', async () => {
    await begin(1);
    cluster.twilio.behave({ kind: 'accept-then-reset' });
    const holder = new Client({ connectionString: cluster.data.url });
    await holder.connect();
    let report: Promise<boolean> | undefined;
    one.database.before.set('fail_over', async () => {
      await holder.query('BEGIN; SELECT id FROM messages FOR UPDATE');
      report = twilioSays({ status: 'sent' });
      await wait(300); // it queues for the message, and the failover behind it
      setTimeout(() => void holder.query('COMMIT').then(() => holder.end()), 600);
    });
    expect(await one.verifications.start(request())).toMatchObject({ delivery: 'sent' });
    expect(await report).toBe(true);
    expect(counts()).toEqual([1, 0]);
  });
});

describe('who asked for no more texts before the secret was changed', () => {
  it('gets none after that either, nor when the former secret is gone, until they ask again', async () => {
    const former = 'the former secret of more than 32 bytes';
    await begin(1, { APP_SECRET_PREVIOUS: former });
    const phone = PhoneNumber.parse(PHONE);
    const values = [new KeyRing(former).lookupKey('phone', phone.line)];
    await rows("INSERT INTO opt_outs (phone_key, source, created_at) VALUES ($1, 'twilio', now())", values);
    const refused = () =>
      expect(one.verifications.start(request())).rejects.toMatchObject({ extensions: { reason: 'opted_out' } });
    await refused();
    await rows('DELETE FROM opt_outs WHERE phone_key = $1', values); // as good as gone with its secret
    await refused();
    expect(texts()).toHaveLength(0);
    await one.optOuts.remove(phone, 'twilio');
    expect(await one.verifications.start(request())).toMatchObject({ delivery: 'accepted', sendsLeft: 4 });
  });
});

describe('the same reports in any order, as often as they like', () => {
  const status = fc.constantFrom<DeliveryReport['status']>('accepted', 'sent', 'delivered', 'undelivered', 'failed');
  const report = fc.record({
    about: fc.constantFrom('twilio', 'aws-sns'),
    status,
    code: fc.option(fc.constantFrom('30003', '30006'), { nil: undefined }),
    curable: fc.boolean(),
    costMicros: fc.option(fc.constantFrom(7_900, 8_300), { nil: undefined }),
  });
  type About = Omit<DeliveryReport, 'attemptId'> & { readonly about: string };

  const stateOf = async (id: string) => [
    ...(await rows(
      'SELECT status::text, lease_until IS NULL AS at_rest, followed_up FROM messages WHERE verification_id = $1',
      [id],
    )),
    ...(await rows(
      `SELECT provider, outcome::text, fault, report::text, report_code, report_curable, cost_micros::int FROM attempts
        WHERE message_id = (SELECT id FROM messages WHERE verification_id = $1) ORDER BY provider`,
      [id],
    )),
  ];
  const SECOND = `INSERT INTO attempts (id, message_id, provider, outcome, started_at, ended_at)
    SELECT gen_random_uuid(), id, 'aws-sns', 'unknown', now(), now() FROM messages WHERE verification_id = $1`;
  async function endOf(reports: readonly About[], attempts: number, together = false) {
    const { id } = await one.verifications.start(request(newPhone()));
    if (attempts === 2) await rows(SECOND, [id]);
    const made = await rows(
      'SELECT id, provider FROM attempts WHERE message_id = (SELECT id FROM messages WHERE verification_id = $1)',
      [id],
    );
    const ids = new Map(made.map(({ id: attempt, provider }) => [provider, attempt]));
    const known = reports.filter(({ about }) => ids.has(about));
    const tell = ({ about, ...said }: About) => one.reports.record(about, { ...said, attemptId: ids.get(about) });
    if (together) await Promise.all(known.map(tell));
    else for (const said of known) await tell(said);
    return stateOf(id);
  }

  it.each([1, 2])('leave the same end state, with %d attempt(s)', async (attempts) => {
    await begin(1);
    // Nobody acts on them in between, nor learns who reports.
    for (const statement of ['claim_messages', 'reporters']) one.database.lost.add(statement);
    await fc.assert(
      fc.asyncProperty(
        fc
          .array(report, { minLength: 1, maxLength: 6 })
          .chain((said) =>
            fc.tuple(fc.constant(said), fc.shuffledSubarray([...said, ...said], { minLength: said.length * 2 })),
          ),
        async ([said, shuffled]) => {
          const end = await endOf(said, attempts);
          expect(await endOf(shuffled, attempts)).toEqual(end);
          expect(await endOf(shuffled, attempts, true)).toEqual(end);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are taken down together where they come together', async () => {
    await begin(1);
    const ids: string[] = [];
    for (let n = 0; n < 40; n++) ids.push((await one.verifications.start(request(newPhone()))).id);
    const query = jest.spyOn(one.database, 'query');
    const said = cluster.twilio.ledger.flatMap((entry) =>
      (['delivered', 'sent', 'accepted', 'delivered', 'sent'] as const).map((status) => ({ status, entry })),
    );
    const found = await Promise.all(said.map(({ status, entry }) => twilioSays({ status }, entry)));
    expect(found.every(Boolean)).toBe(true);
    expect(await Promise.all(ids.map(deliveryOf))).toEqual(ids.map(() => 'delivered'));
    const statements = query.mock.calls.filter(([{ name }]) => name.startsWith('record_'));
    expect(statements.length).toBeLessThan(said.length / 20);
  });

  it('say no of what is no text of ours, among others that are', async () => {
    await begin(1);
    await one.verifications.start(request());
    const strange = { attemptId: randomUUID(), providerMessageId: 'SM1', status: 'sent' } as const;
    const answers = [one.reports.record('twilio', strange), twilioSays({}), one.reports.record('aws-sns', strange)];
    expect(await Promise.all(answers)).toEqual([false, true, false]);
  });
});
