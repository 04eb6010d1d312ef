import { setTimeout as sleep } from 'node:timers/promises';

import { PhoneNumber, systemClock } from '../../src/kernel/index.js';
import { RedisWindows } from '../../src/limits/index.js';
import { DatabaseUnavailable } from '../../src/prisma/index.js';
import { RedisConnections } from '../../src/redis/index.js';
import type { StartRequest } from '../../src/verification/index.js';
import { asked } from '../setup/background.js';
import { startCluster, type Cluster, type Instance } from '../setup/instances.js';
import { ask, onRedis, openTestRedis, type Command, type TestRedis } from '../setup/redis.js';
import { onOwnRedis, startRedis, type OwnServer } from '../setup/servers.js';

const PHONE = '+14155552671';
const request = (phone = PHONE): StartRequest => ({ phone, purpose: 'verification', channel: 'sms' });
/** The value, or the error's public code. */
const outcomeOf = async <T>(work: Promise<T>): Promise<T | string> =>
  work.catch((error: { code?: string }) => error.code ?? 'a bug');
const count = (outcomes: readonly unknown[], code: string) => outcomes.filter((outcome) => outcome === code).length;

let cluster: Cluster;
let one: Instance;
const start = (phone?: string) => outcomeOf(one.verifications.start(request(phone)));
const texts = () => cluster.twilio.ledger.length + cluster.sns.ledger.length;
/** A text that a busy machine made fail over is one code in two ledgers. */
const codes = () => new Set([...cluster.twilio.ledger, ...cluster.sns.ledger].map(({ body }) => body)).size;
/** How many more texts the phone gets, by sending them. */
async function left(): Promise<number> {
  const before = texts();
  while (typeof (await start()) !== 'string');
  return texts() - before;
}
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !(await holds()); await sleep(50)) {
    if (performance.now() > end) throw new Error('it did not happen');
  }
}

onRedis('limits in Redis, on three instances', () => {
  let redis: TestRedis;
  beforeEach(async () => {
    redis = await openTestRedis();
    cluster = await startCluster(3, { REDIS_URL: redis.url });
    one = cluster.instances[0];
  });
  afterEach(async () => {
    await cluster.close();
    await redis.drop();
  });
  const age = (secs: number) => Promise.all([cluster.data.age(secs), redis.age(secs)]);
  const toAll = <T>(times: number, work: (instance: Instance) => Promise<T>) =>
    Promise.all(Array.from({ length: times }, (_, index) => outcomeOf(work(cluster.instances[index % 3]!))));

  it('send 5 texts to 60 callers at once, and none after a restart, however empty the database is', async () => {
    const outcomes = await toAll(60, ({ verifications }) => verifications.start(request()));
    expect(count(outcomes, 'RATE_LIMIT_EXCEEDED')).toBe(55);
    expect(codes()).toBe(5);
    await cluster.close();
    cluster = await startCluster(3, { REDIS_URL: redis.url });
    expect(count(await toAll(6, ({ verifications }) => verifications.start(request())), 'RATE_LIMIT_EXCEEDED')).toBe(6);
    expect(texts()).toBe(0);
  });

  it('slide: 5 in any hour, 20 in any day', async () => {
    for (const expected of [5, 10, 15, 20, 20, 20]) {
      await toAll(10, ({ verifications }) => verifications.start(request()));
      expect(codes()).toBe(expected);
      await age(3_601);
    }
    await age(86_401 - 6 * 3_601);
    await toAll(10, ({ verifications }) => verifications.start(request()));
    expect(codes()).toBe(25);
  });

  it('cost the database nothing but its own statements, and one more for a resend', async () => {
    const { id } = await one.verifications.start(request());
    await age(31);
    await one.verifications.resend(id);
    expect(asked(one.database.statements)).toEqual([
      ...['start_uncounted', 'record_dispatch'],
      ...['phone_of', 'resend_gate', 'resendable', 'resend_verification', 'record_dispatch'],
    ]);
    expect(await cluster.data.database.query({ name: '', text: 'SELECT * FROM limit_windows' }, [])).toEqual([]);
  });

  it('are shown by reading, which takes nothing', async () => {
    const { id, quotas } = await one.verifications.start(request());
    expect(quotas.map(({ remaining }) => remaining)).toEqual([4, 19]);
    for (const { verifications } of cluster.instances) {
      const { sendsLeft, quotas: seen } = await verifications.get(id);
      expect([sendsLeft, ...seen.map(({ remaining }) => remaining)]).toEqual([4, 4, 19]);
      expect(seen[0]?.resetSecs).toBeGreaterThan(3_500);
    }
  });

  it('count a text that failed over once', async () => {
    cluster.twilio.behave({ kind: 'status', status: 503 });
    expect(await left()).toBe(5);
    expect(cluster.sns.ledger).toHaveLength(5);
  });

  it('count one text for two executions of one run, of which none knows of the other', async () => {
    const run = { id: '6f1c1e2a-6d0f-4c3b-9d55-0a7c5d1f0b11', isRepeat: false };
    const both = await Promise.all(
      [0, 1].map((index) => outcomeOf(cluster.instances[index]!.verifications.start(request(), run))),
    );
    expect(both).toContain('IDEMPOTENCY_CONFLICT');
    expect(both).toContainEqual(expect.objectContaining({ id: run.id, status: 'pending' }));
    expect([...cluster.twilio.ledger, ...cluster.sns.ledger]).toHaveLength(1);
    expect((await one.verifications.get(run.id)).sendsLeft).toBe(4);
  });

  it('are given back what surely was not sent', async () => {
    for (const fake of [cluster.twilio, cluster.sns]) fake.behave({ kind: 'status', status: 401 });
    expect(await start()).toBe('DELIVERY_UNAVAILABLE');
    expect(await redis.keys()).toEqual([]);
  });

  it('are not used up by whom the database refuses', async () => {
    const { id } = await one.verifications.start(request());
    const OPT_OUT = 'INSERT INTO opt_outs SELECT phone_key, $1, now() FROM verifications WHERE id = $2';
    await cluster.data.database.query({ name: '', text: OPT_OUT }, ['test', id]);
    for (let times = 0; times < 7; times++) expect(await start()).toBe('DESTINATION_NOT_ALLOWED');
    await age(31);
    for (let times = 0; times < 7; times++) {
      expect(await outcomeOf(one.verifications.resend(id))).toBe('DESTINATION_NOT_ALLOWED');
    }
    await cluster.data.database.query({ name: '', text: 'DELETE FROM opt_outs' }, []);
    expect(await left()).toBe(4);
  });

  it('are not used up by starts for a phone that takes no more guesses', async () => {
    for (let times = 0; times < 2; times++) {
      const { id } = await one.verifications.start(request());
      for (let guess = 0; guess < 5; guess++) await outcomeOf(one.verifications.check(id, 'wrong', 'tests'));
    }
    for (let times = 0; times < 7; times++) expect(await start()).toBe('TOO_MANY_CHECKS');
    const phone = PhoneNumber.parse(PHONE);
    expect((await one.limits.show(phone)).sends[0]).toMatchObject({ remaining: 3 });
    await one.limits.reset(phone);
    expect(await redis.keys()).toEqual([]);
    expect(await left()).toBe(5);
  });

  it('are not used up by resends that come too early, at once, too late or for nothing', async () => {
    const { id } = await one.verifications.start(request());
    const early = await one.verifications.resend(id).catch((error: unknown) => error);
    expect(early).toMatchObject({ extensions: { limit: 'resend-cooldown' }, quotas: [{ remaining: 4 }, {}] });
    await age(31);
    const atOnce = await toAll(30, ({ verifications }) => verifications.resend(id));
    expect(count(atOnce, 'RATE_LIMIT_EXCEEDED')).toBe(29);
    expect(texts()).toBe(2);
    await age(601);
    expect(await outcomeOf(one.verifications.resend(id))).toBe('VERIFICATION_EXPIRED');
    expect(await outcomeOf(one.verifications.resend('00000000-0000-4000-8000-000000000000'))).toBe(
      'VERIFICATION_NOT_FOUND',
    );
    expect(await left()).toBe(3);
  });

  it('refuse a resend, too', async () => {
    const { id } = await one.verifications.start(request());
    await left();
    await age(31);
    const refused = await one.verifications.resend(id).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', extensions: { limit: 'phone-hour' } });
    expect(texts()).toBe(5);
  });

  it('are given back when the database cannot write, but not when it may have written', async () => {
    one.database.lost.add('start_uncounted');
    for (let times = 0; times < 7; times++) expect(await start()).toBe('DATABASE_UNAVAILABLE');
    one.database.lost.clear();
    const unsure = jest
      .spyOn(one.database, 'query')
      .mockRejectedValueOnce(new DatabaseUnavailable(new Error('cut on purpose'), true));
    expect(await start()).toBe('DATABASE_UNAVAILABLE');
    unsure.mockRestore();
    expect(await left()).toBe(4);
  });

  it('count a text from when it was handed over', async () => {
    for (const fake of [cluster.twilio, cluster.sns]) fake.behave({ kind: 'status', status: 429 });
    const { id, delivery } = await one.verifications.start(request());
    expect(delivery).toBe('queued');
    for (const fake of [cluster.twilio, cluster.sns]) fake.heal();
    await age(100);
    expect((await one.verifications.get(id)).quotas[0]?.resetSecs).toBeLessThanOrEqual(3_500);
    await until(async () => (await one.outbox.run(), texts() === 1));
    expect((await one.verifications.get(id)).quotas[0]?.resetSecs).toBeGreaterThan(3_590);
  });

  it('keep nothing longer than the longest window, and no phone', async () => {
    await one.verifications.start(request());
    const keys = await redis.keys();
    expect(keys).toEqual([expect.stringMatching(/:sixdigit:[0-9a-f]{64}$/)]);
    expect(await redis.client.ttl(keys[0] ?? '')).toBeGreaterThan(86_000);
    expect(await redis.client.ttl(keys[0] ?? '')).toBeLessThanOrEqual(86_400);
  });
});

onOwnRedis('a Redis that is away', () => {
  let redis: OwnServer;
  beforeEach(async () => {
    redis = await startRedis();
    cluster = await startCluster(1, { REDIS_URL: redis.url });
    one = cluster.instances[0];
  });
  afterEach(async () => {
    redis.resume();
    await cluster.close();
    await redis.close();
  });

  it('refuses everything, and is used again as soon as it answers', async () => {
    redis.pause();
    const begun = performance.now();
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => start()));
    expect(count(outcomes, 'REDIS_UNAVAILABLE')).toBe(10);
    expect(await start()).toBe('REDIS_UNAVAILABLE');
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(texts()).toBe(0);
    redis.resume();
    await until(async () => typeof (await start('+14155552672')) === 'object');
    expect(texts()).toBe(1);
  });

  it('takes nothing of what was sent to it while it was stopped', async () => {
    const server = await RedisConnections.open({ url: redis.url, maxConnections: 1 });
    const windows = new RedisWindows(server, systemClock);
    const hit = (id: string) => ({ id, key: Buffer.from(id), formerKey: null });
    const quotas = { quotas: [5], secs: [3_600] };
    await windows.take(hit('before'), quotas);
    redis.pause();
    await expect(windows.take(hit('meanwhile'), quotas)).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' });
    await sleep(200);
    redis.resume();
    await until(async () =>
      server.ping().then(
        () => true,
        () => false,
      ),
    );
    await windows.take(hit('after'), quotas);
    const keys = (await ask(redis.url, 'KEYS', '*')) as string[];
    expect(keys.filter((key) => key !== 'sixdigit:ping').sort()).toEqual(
      ['after', 'before'].map((id) => `sixdigit:${Buffer.from(id).toString('hex')}`),
    );
    server.close();
  });

  it('gives back what it may have taken without being able to say so', async () => {
    redis.pause();
    await Promise.all(Array.from({ length: 5 }, () => start()));
    redis.resume();
    await until(async () => typeof (await start('+14155552672')) === 'object');
    await sleep(2_500);
    expect(await left()).toBe(5);
  });

  it('does not keep a text that is under way, and learns of it afterwards', async () => {
    cluster.twilio.behave({ kind: 'latency', ms: 1_500 });
    const sending = one.verifications.start(request());
    await until(() => cluster.twilio.requests === 1);
    const [key] = (await ask(redis.url, 'KEYS', '*')) as string[];
    const hitAt = async () => Number(((await ask(redis.url, 'ZRANGE', key!, '0', '-1', 'WITHSCORES')) as string[])[1]);
    const takenAt = await hitAt();
    redis.pause();
    expect(await sending).toMatchObject({ delivery: 'accepted' });
    const answered = performance.now();
    redis.resume();
    await until(async () => (await hitAt()) > takenAt);
    // From when it was handed over, not from when Redis was told.
    const sinceMs = performance.now() - answered;
    const [secs, micros] = (await ask(redis.url, 'TIME')) as [string, string];
    const agoMs = (Number(secs) * 1e6 + Number(micros) - (await hitAt())) / 1_000;
    expect(agoMs).toBeGreaterThan(sinceMs - 100); // two clocks
    expect((await hitAt()) - takenAt).toBeGreaterThan(400_000);
    cluster.twilio.heal();
    expect(await left()).toBe(4);
  });

  it('is given back afterwards what was not sent meanwhile', async () => {
    for (const fake of [cluster.twilio, cluster.sns]) fake.behave({ kind: 'status', status: 401 });
    const lost: Promise<unknown>[] = [];
    for (let times = 0; times < 3; times++) lost.push(start());
    const requests = () => cluster.twilio.requests + cluster.sns.requests;
    await until(() => requests() > 0);
    redis.pause();
    await Promise.all(lost);
    for (const fake of [cluster.twilio, cluster.sns]) fake.heal();
    redis.resume();
    await until(async () => typeof (await start('+14155552672')) === 'object');
    await sleep(2_500);
    expect(await left()).toBe(5);
  });

  it('goes on with an empty memory after a restart, and without its scripts', async () => {
    expect(await left()).toBe(5);
    await ask(redis.url, 'SCRIPT', 'FLUSH');
    expect(await start()).toBe('RATE_LIMIT_EXCEEDED');
    await redis.stop();
    expect(await start()).toBe('REDIS_UNAVAILABLE');
    await redis.start();
    await until(async () => typeof (await start()) === 'object');
    await ask(redis.url, 'FLUSHALL');
    expect(await left()).toBe(5);
  });

  it.each<[string, Command, Command]>([
    ['is full', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
    ['is read-only', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
    ['does not let us in', ['ACL', 'SETUSER', 'default', 'resetkeys'], ['ACL', 'SETUSER', 'default', 'allkeys']],
  ])('sends nothing while it %s', async (_, lose, restore) => {
    expect(typeof (await start())).toBe('object');
    await ask(redis.url, ...lose);
    expect(await start()).toBe('REDIS_UNAVAILABLE');
    expect(texts()).toBe(1);
    await ask(redis.url, ...restore);
    await until(async () => typeof (await start()) === 'object');
  });
});
