import { setTimeout as wait } from 'node:timers/promises';

import type { StartRequest } from '../../src/verification/index.js';
import { codeIn, startCluster, type Cluster, type Instance } from '../setup/instances.js';

const PHONE = '+14155552671';
const LEASE_SECS = 14;
const request = (phone = PHONE): StartRequest => ({ phone, purpose: 'verification', channel: 'sms' });
const outcomeOf = async <T>(work: Promise<T>): Promise<T | string> =>
  work.catch((error: { code?: string }) => error.code ?? 'a bug');

let cluster: Cluster;
let one: Instance;
const texts = () => [...cluster.twilio.ledger, ...cluster.sns.ledger];
const statuses = async () =>
  (
    await cluster.data.database.query<{ status: string }>(
      { name: '', text: 'SELECT status::text FROM messages ORDER BY created_at' },
      [],
    )
  ).map(({ status }) => status);
/** All instances look for due messages at once. */
const look = () => Promise.all(cluster.instances.map(({ outbox }) => outbox.run()));
/** The process dies before it can write down what the provider said. */
async function startAndDie() {
  one.database.lost.add('record_dispatch');
  const state = await one.verifications.start(request());
  one.database.lost.clear();
  return state;
}

async function begin(instances: number, env = {}) {
  cluster = await startCluster(instances, env);
  one = cluster.instances[0];
}
afterEach(() => cluster.close());

describe('a text that no provider takes now', () => {
  beforeEach(async () => {
    await begin(3);
    cluster.twilio.behave({ kind: 'reject', code: '20429' });
    cluster.sns.behave({ kind: 'reject', code: 'Throttling' });
  });

  it('is queued, and goes out once, with the code that checks, when one does', async () => {
    const state = await one.verifications.start(request());
    expect(state).toMatchObject({ status: 'pending', delivery: 'queued', sendsLeft: 4 });
    cluster.sns.heal();
    await cluster.data.age(2);
    await look();
    expect(texts()).toHaveLength(1);
    expect(await one.verifications.check(state.id, codeIn(texts()[0]?.body), 'tests')).toMatchObject({ valid: true });
    expect(await statuses()).toEqual(['accepted']);
  });

  it('goes out by itself', async () => {
    await one.verifications.start(request());
    cluster.twilio.heal();
    for (let i = 0; i < 150 && texts().length === 0; i++) await wait(100);
    expect(texts()).toHaveLength(1);
  });

  it('is sent once, whichever of three instances finds it', async () => {
    for (let i = 0; i < 30; i++) await one.verifications.start(request(`+1415555${2600 + i}`));
    cluster.twilio.heal();
    cluster.sns.heal();
    for (const { rotation } of cluster.instances) {
      for (const name of ['twilio', 'twilio', 'aws-sns', 'aws-sns']) rotation.pinged(name, true);
    }
    // No time is moved here: what is under way would look abandoned.
    for (let i = 0; i < 400 && texts().length < 30; i++) await wait(100);
    await look();
    expect(texts()).toHaveLength(30);
    expect(new Set(texts().map(({ to }) => to)).size).toBe(30);
  });

  it('ends when its time runs out, and gives the limit back', async () => {
    await one.verifications.start(request());
    await cluster.data.age(601);
    await look();
    expect(await statuses()).toEqual(['failed']);
    cluster.twilio.heal();
    expect(await one.verifications.start(request())).toMatchObject({ sendsLeft: 4 });
  });

  it('is canceled with its verification', async () => {
    const { id } = await one.verifications.start(request());
    await one.verifications.cancel(id);
    cluster.twilio.heal();
    await cluster.data.age(31);
    await look();
    expect(texts()).toHaveLength(0);
    expect(await statuses()).toEqual(['canceled']);
  });
});

describe('a text that may be out, while the other provider is out of the rotation', () => {
  beforeEach(async () => {
    await begin(1);
    one.rotation.take(new Set(['twilio']))?.end({ fault: 'misconfigured', slow: false });
  });

  it('goes out there once more, as soon as that is back', async () => {
    cluster.twilio.behave({ kind: 'status', status: 503 }, 1);
    const { id, delivery } = await one.verifications.start(request());
    expect(delivery).toBe('queued');
    await cluster.data.age(2);
    await look();
    expect(texts()).toHaveLength(0); // not at the same provider again
    for (let i = 0; i < 2; i++) one.rotation.pinged('aws-sns', true);
    await cluster.data.age(31);
    await look();
    expect([cluster.twilio.ledger.length, cluster.sns.ledger.length]).toEqual([0, 1]);
    expect(await one.verifications.check(id, codeIn(texts()[0]?.body), 'tests')).toMatchObject({ valid: true });
  });

  it('goes out twice at most', async () => {
    for (const provider of [cluster.twilio, cluster.sns]) provider.behave({ kind: 'accept-then-status', status: 503 });
    await one.verifications.start(request());
    for (let i = 0; i < 2; i++) one.rotation.pinged('aws-sns', true);
    for (let i = 0; i < 3; i++) {
      await cluster.data.age(31);
      await look();
    }
    expect([cluster.twilio.ledger.length, cluster.sns.ledger.length]).toEqual([1, 1]);
    expect(await statuses()).toEqual(['unknown']);
  });
});

describe('what was left behind', () => {
  it.each([
    ['a month ago', 30 * 86_400],
    ['when the clock of the database was an hour ahead', -3_600],
  ])('%s keeps nobody else waiting', async (_, secs) => {
    await begin(1);
    for (const fake of [cluster.twilio, cluster.sns]) fake.behave({ kind: 'status', status: 429 });
    await one.verifications.start(request());
    await cluster.data.age(secs);
    const state = await one.verifications.start(request('+14155552672'));
    for (const fake of [cluster.twilio, cluster.sns]) fake.heal();
    await cluster.data.age(2);
    // The instance looks by itself, too, and may be in the middle of it.
    for (let i = 0; i < 50 && (i < 5 || (await statuses()).includes('sending')); i++) await look();
    expect(texts().map(({ to }) => to)).toContain('+14155552672');
    expect((await one.verifications.get(state.id)).delivery).toBe('accepted');
    expect(new Set(await statuses())).toEqual(new Set(secs > 0 ? ['failed', 'accepted'] : ['accepted']));
  });
});

describe('a text that the only provider was silent about', () => {
  it('goes out once more, and then no more', async () => {
    await begin(1, { SMS_PROVIDERS: 'twilio', SMS_ATTEMPT_TIMEOUT_MS: '300', SMS_SEND_BUDGET_MS: '900' });
    cluster.twilio.behave({ kind: 'accept-then-silence' });
    expect(await one.verifications.start(request())).toMatchObject({ delivery: 'queued' });
    for (let i = 0; i < 3; i++) {
      await cluster.data.age(31);
      await look();
    }
    expect(cluster.twilio.ledger).toHaveLength(2);
    expect(new Set(texts().map(({ body }) => codeIn(body))).size).toBe(1);
    expect(await statuses()).toEqual(['unknown']);
  });
});

describe('a text that every provider refuses for good', () => {
  it('is an error at once, and takes no limit', async () => {
    await begin(1);
    cluster.twilio.behave({ kind: 'reject', code: '21606' });
    cluster.sns.behave({ kind: 'reject', code: 'EndpointDisabled' });
    expect(await outcomeOf(one.verifications.start(request()))).toBe('DELIVERY_UNAVAILABLE');
    cluster.twilio.heal();
    expect(await one.verifications.start(request())).toMatchObject({ sendsLeft: 4 });
  });
});

describe('a process that dies after a provider took the text', () => {
  it('is taken over: the other provider sends the same code, once', async () => {
    await begin(3);
    const { id } = await startAndDie();
    await look();
    expect(texts()).toHaveLength(1); // its lease still runs
    await cluster.data.age(LEASE_SECS);
    await Promise.all([look(), look()]);
    expect([cluster.twilio.ledger.length, cluster.sns.ledger.length]).toEqual([1, 1]);
    expect(new Set(texts().map(({ body }) => codeIn(body))).size).toBe(1);
    expect(await statuses()).toEqual(['accepted']);
    expect(await one.verifications.check(id, codeIn(texts()[0]?.body), 'tests')).toMatchObject({ valid: true });
  });

  it('costs no third text, whoever dies next', async () => {
    await begin(1);
    await startAndDie();
    for (let i = 0; i < 3; i++) {
      one.database.lost.add('record_dispatch');
      await cluster.data.age(LEASE_SECS);
      await look();
      one.database.lost.clear();
    }
    await cluster.data.age(LEASE_SECS);
    await look();
    expect([cluster.twilio.ledger.length, cluster.sns.ledger.length]).toEqual([1, 1]);
    expect(await statuses()).toEqual(['unknown']);
  });

  it('costs nothing more once the person has typed the code', async () => {
    await begin(1);
    const { id } = await startAndDie();
    await one.verifications.check(id, codeIn(texts()[0]?.body), 'tests');
    await cluster.data.age(LEASE_SECS);
    await look();
    expect(texts()).toHaveLength(1);
  });

  it('is taken over by the same provider when it is the only one', async () => {
    await begin(1, { SMS_PROVIDERS: 'twilio' });
    await startAndDie();
    await cluster.data.age(LEASE_SECS);
    await look();
    expect(cluster.twilio.ledger).toHaveLength(2);
    expect(await statuses()).toEqual(['accepted']);
  });
});

describe('a process that slept through its lease', () => {
  it('begins no other try: the one who took over does', async () => {
    await begin(2);
    cluster.twilio.behave({ kind: 'accept-then-silence' });
    const sleeping = one.verifications.start(request());
    while (cluster.twilio.ledger.length === 0) await wait(10);
    await cluster.data.age(LEASE_SECS);
    await cluster.instances[1]?.outbox.run();
    expect(await sleeping).toMatchObject({ delivery: 'accepted' });
    expect([cluster.twilio.ledger.length, cluster.sns.ledger.length]).toEqual([1, 1]);
    expect(await statuses()).toEqual(['accepted']);
  });
});
