import type { StartRequest } from '../../src/verification/index.js';
import { asked } from '../setup/background.js';
import { codeIn, startCluster, type Cluster, type Instance } from '../setup/instances.js';

const PHONE = '+14155552671';
const request = (phone = PHONE, purpose = 'verification'): StartRequest => ({ phone, purpose, channel: 'sms' });
/** The value, or the error's public code. */
const outcomeOf = async <T>(work: Promise<T>): Promise<T | string> =>
  work.catch((error: { code?: string }) => error.code ?? 'a bug');
const count = (outcomes: readonly unknown[], code: string) => outcomes.filter((outcome) => outcome === code).length;
const wrongFor = (code: string) => String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');

let cluster: Cluster;
let one: Instance;
const anyone = (index: number): Instance => cluster.instances[index % cluster.instances.length]!;
const attempts = <T>(times: number, work: (instance: Instance, index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: times }, (_, index) => outcomeOf(work(anyone(index), index))));
/** Starts a verification and reads its code where the person would. */
async function started(phone = PHONE, purpose?: string) {
  const { id } = await one.verifications.start(request(phone, purpose));
  return { id, code: codeIn(cluster.twilio.ledger.at(-1)?.body) };
}

describe('verification on three instances', () => {
  beforeEach(async () => {
    cluster = await startCluster(3);
    one = cluster.instances[0];
  });
  afterEach(() => cluster.close());

  it('sends 5 texts to 60 callers at once, however the number is spelled', async () => {
    const spellings = [PHONE, '4155552671', '(415) 555-2671', '+1 415.555.2671', '+1-415-555-2671'];
    const outcomes = await attempts(60, ({ verifications }, index) =>
      verifications.start(request(spellings[index % 5])),
    );
    expect(count(outcomes, 'RATE_LIMIT_EXCEEDED')).toBe(55);
    expect(cluster.twilio.ledger.length + cluster.sns.ledger.length).toBe(5);
  });

  it('slides: 5 in any hour, 20 in any day', async () => {
    for (const expected of [5, 10, 15, 20, 20, 20]) {
      await attempts(10, ({ verifications }) => verifications.start(request()));
      expect(cluster.twilio.ledger).toHaveLength(expected);
      await cluster.data.age(3_601);
    }
    await cluster.data.age(86_401 - 6 * 3_601);
    await attempts(10, ({ verifications }) => verifications.start(request()));
    expect(cluster.twilio.ledger).toHaveLength(25);
  });

  it('evaluates 5 of 60 guesses at once, over resends', async () => {
    const { id, code } = await started();
    await cluster.data.age(31);
    await one.verifications.resend(id);
    const outcomes = await attempts(60, ({ verifications }) => verifications.check(id, wrongFor(code), 'tests'));
    expect(count(outcomes, 'TOO_MANY_CHECKS')).toBe(55);
    expect(await outcomeOf(one.verifications.check(id, code, 'tests'))).toBe('TOO_MANY_CHECKS');
    expect(await outcomeOf(one.verifications.resend(id))).toBe('TOO_MANY_CHECKS');
  });

  it('approves exactly one of 60 callers with the right code', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, code } = await started(`+1415555267${round}`);
      const outcomes = await attempts(60, ({ verifications }) => verifications.check(id, code, 'tests'));
      expect(outcomes.filter((outcome) => typeof outcome === 'object' && outcome.valid)).toHaveLength(1);
    }
  });

  it('sends one text to 30 who ask for a resend at once', async () => {
    const { id } = await started();
    await cluster.data.age(31);
    const outcomes = await attempts(30, ({ verifications }) => verifications.resend(id));
    expect(count(outcomes, 'RATE_LIMIT_EXCEEDED')).toBe(29);
    expect(cluster.twilio.ledger).toHaveLength(2);
  });

  it('either approves or cancels, never both', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, code } = await started(`+1415555267${round}`);
      const [approved, canceled] = await Promise.all([
        outcomeOf(anyone(0).verifications.check(id, code, 'tests')),
        outcomeOf(anyone(1).verifications.cancel(id)),
      ]);
      expect([approved, canceled].filter((outcome) => typeof outcome === 'object')).toHaveLength(1);
    }
  });
});

describe('verification', () => {
  beforeEach(async () => {
    cluster = await startCluster();
    one = cluster.instances[0];
  });
  afterEach(() => cluster.close());

  it('sends the same code again after 30, 60, then 120 seconds', async () => {
    const { id, code } = await started();
    for (const cooldown of [30, 60, 120]) {
      expect(await outcomeOf(one.verifications.resend(id))).toBe('RATE_LIMIT_EXCEEDED');
      await cluster.data.age(cooldown - 1);
      expect(await outcomeOf(one.verifications.resend(id))).toBe('RATE_LIMIT_EXCEEDED');
      await cluster.data.age(2);
      await one.verifications.resend(id);
    }
    expect(cluster.twilio.ledger.map(({ body }) => codeIn(body))).toEqual([code, code, code, code]);
  });

  it('keeps its expiry over a resend, and never outlives it at the provider', async () => {
    const first = await one.verifications.start(request());
    await cluster.data.age(300);
    const again = await one.verifications.resend(first.id);
    expect(again.expiresAt.getTime()).toBeLessThan(first.expiresAt.getTime() - 299_000);
    const [whole, half] = cluster.twilio.ledger.map(({ validitySecs }) => validitySecs ?? 0);
    expect(whole).toBeGreaterThan(590);
    expect(half).toBeGreaterThan(290);
    expect(half).toBeLessThanOrEqual(300);
  });

  it('is gone when it has expired', async () => {
    const { id, code } = await started();
    await cluster.data.age(601);
    expect(await outcomeOf(one.verifications.check(id, code, 'tests'))).toBe('VERIFICATION_EXPIRED');
    expect(await outcomeOf(one.verifications.resend(id))).toBe('VERIFICATION_EXPIRED');
    expect(await outcomeOf(one.verifications.cancel(id))).toBe('VERIFICATION_EXPIRED');
    expect((await one.verifications.get(id)).status).toBe('expired');
  });

  it('gives no second approval, and none after a cancel', async () => {
    const { id, code } = await started();
    await one.verifications.check(id, code, 'tests');
    expect(await outcomeOf(one.verifications.check(id, code, 'tests'))).toBe('VERIFICATION_NOT_FOUND');
    const other = await started();
    expect((await one.verifications.cancel(other.id)).status).toBe('canceled');
    expect(await outcomeOf(one.verifications.check(other.id, other.code, 'tests'))).toBe('VERIFICATION_NOT_FOUND');
    expect(await outcomeOf(one.verifications.resend(other.id))).toBe('VERIFICATION_NOT_FOUND');
  });

  it('counts both numbers of an Argentine mobile as one line', async () => {
    expect(await one.verifications.start(request('+54 9 11 2345 6789'))).toMatchObject({ sendsLeft: 4 });
    expect(await one.verifications.start(request('+54 11 2345 6789'))).toMatchObject({ sendsLeft: 3 });
  });

  it('counts a late text from when it went out', async () => {
    for (let i = 0; i < 4; i++) await one.verifications.start(request());
    cluster.twilio.behave({ kind: 'latency', ms: 2_500 });
    await one.verifications.start(request());
    await cluster.data.age(3_599);
    expect(await one.verifications.start(request())).toMatchObject({ sendsLeft: 3 });
  });

  it('binds its purpose', async () => {
    const { id, code } = await started(PHONE, 'checkout');
    expect(await outcomeOf(one.verifications.check(id, code, 'tests', 'login'))).toBe('VERIFICATION_NOT_FOUND');
    expect(await one.verifications.check(id, code, 'tests', 'checkout')).toMatchObject({ valid: true });
  });

  it('is one text for two executions of one run, of which none knows of the other', async () => {
    const run = { id: '6f1c1e2a-6d0f-4c3b-9d55-0a7c5d1f0b11', isRepeat: false };
    const both = await Promise.all(
      [0, 1].map((index) => outcomeOf((cluster.instances[index] ?? one).verifications.start(request(), run))),
    );
    expect(both).toContain('IDEMPOTENCY_CONFLICT');
    expect(both).toContainEqual(expect.objectContaining({ id: run.id, status: 'pending' }));
    expect([...cluster.twilio.ledger, ...cluster.sns.ledger]).toHaveLength(1);
    expect((await one.verifications.get(run.id)).sendsLeft).toBe(4);
  });

  it('is two statements to start, one to refuse a guess, two to approve, four to resend', async () => {
    const spent = async (work: () => Promise<unknown>) => {
      one.database.statements.length = 0;
      await work();
      return asked(one.database.statements);
    };
    expect(await spent(() => one.verifications.start(request('+14155552672')))).toEqual([
      'start_verification',
      'record_dispatch',
    ]);
    const { id, code } = await started();
    expect(await spent(() => one.verifications.check(id, wrongFor(code), 'tests'))).toEqual(['count_guess']);
    await cluster.data.age(31);
    // What it costs, and whether it may go, depends on whom it texts.
    const resent = ['phone_of', 'resend_gate', 'resend_verification', 'record_dispatch'];
    expect(await spent(() => one.verifications.resend(id))).toEqual(resent);
    expect(await spent(() => one.verifications.check(id, code, 'tests'))).toEqual(['count_guess', 'approve']);
  });

  it('checks codes, and counts texts, that were sent under the previous secret', async () => {
    const { id, code } = await started();
    const rotated = await startCluster(1, {
      APP_SECRET: 'another secret of at least 32 bytes',
      APP_SECRET_PREVIOUS: 'a test secret of more than 32 bytes',
    });
    const { database, verifications } = rotated.instances[0];
    Object.assign(database, { inner: await cluster.data.another() });
    expect(await verifications.check(id, code, 'tests')).toMatchObject({ valid: true });
    const sent: string[] = [];
    for (let i = 0; i < 3; i++) sent.push((await one.verifications.start(request())).id);
    expect(await verifications.start(request())).toMatchObject({ sendsLeft: 0 });
    expect(await outcomeOf(one.verifications.start(request()))).toBe('RATE_LIMIT_EXCEEDED'); // an instance not yet restarted
    expect(await outcomeOf(verifications.start(request()))).toBe('RATE_LIMIT_EXCEEDED');
    // The start moved the window to the phone's new key: what was written under the old one counts there, too.
    await cluster.data.age(31);
    expect(await outcomeOf(verifications.resend(id))).toBe('VERIFICATION_NOT_FOUND');
    for (const before of sent) expect(await outcomeOf(verifications.resend(before))).toBe('RATE_LIMIT_EXCEEDED');
    const stop = { name: '', text: 'SELECT opt_out(phone_key, $1, now()) FROM verifications WHERE id = $2' };
    await cluster.data.database.query(stop, ['test', sent[0]]);
    for (const before of sent) expect(await outcomeOf(verifications.resend(before))).toBe('DESTINATION_NOT_ALLOWED');
    expect(await outcomeOf(verifications.start(request()))).toBe('DESTINATION_NOT_ALLOWED');
    expect(await outcomeOf(one.verifications.start(request()))).toBe('DESTINATION_NOT_ALLOWED'); // not yet restarted
    await rotated.close();
  });
});

describe('failover of a verification', () => {
  beforeEach(async () => {
    cluster = await startCluster(1, { SMS_ATTEMPT_TIMEOUT_MS: '300', SMS_SEND_BUDGET_MS: '1500' });
    one = cluster.instances[0];
  });
  afterEach(() => cluster.close());

  it.each([
    ['refuses connections', async () => cluster.twilio.close(), 0],
    ['says that it is too busy', async () => cluster.twilio.behave({ kind: 'reject', code: '20429' }), 0],
    ['says that our account is suspended', async () => cluster.twilio.behave({ kind: 'reject', code: '20005' }), 0],
    ['sends, then answers 500', async () => cluster.twilio.behave({ kind: 'accept-then-status', status: 500 }), 1],
    ['sends, then is silent', async () => cluster.twilio.behave({ kind: 'accept-then-silence' }), 1],
  ])('reaches the person by the backup when the primary %s, and counts once', async (_, misbehave, sentByPrimary) => {
    await misbehave();
    const state = await one.verifications.start(request());
    expect(state).toMatchObject({ status: 'pending', delivery: 'accepted', sendsLeft: 4 });
    expect([cluster.twilio.ledger.length, cluster.sns.ledger.length]).toEqual([sentByPrimary, 1]);
    const codes = [...cluster.twilio.ledger, ...cluster.sns.ledger].map(({ body }) => codeIn(body));
    expect(new Set(codes).size).toBe(1);
    expect(await one.verifications.check(state.id, codes[0]!, 'tests')).toMatchObject({ valid: true });
  });

  it('asks no other provider about a number that gets no texts, and takes no limit', async () => {
    expect(await outcomeOf(one.verifications.start(request('+15005550009')))).toBe('DESTINATION_NOT_ALLOWED');
    expect(await outcomeOf(one.verifications.start(request('+15005550004')))).toBe('DESTINATION_NOT_ALLOWED');
    expect(cluster.sns.requests).toBe(0);
  });

  it('gives the limits back when surely nothing was sent, and keeps them when something may have been', async () => {
    cluster.twilio.behave({ kind: 'reject', code: '21606' });
    cluster.sns.behave({ kind: 'reject', code: 'EndpointDisabled' });
    for (let i = 0; i < 4; i++)
      expect(await outcomeOf(one.verifications.start(request()))).toBe('DELIVERY_UNAVAILABLE');
    cluster.twilio.heal();
    cluster.sns.heal();
    expect(await one.verifications.start(request())).toMatchObject({ sendsLeft: 4 });
    cluster.twilio.behave({ kind: 'accept-then-status', status: 500 });
    cluster.sns.behave({ kind: 'accept-then-status', status: 500 });
    expect(await one.verifications.start(request())).toMatchObject({ sendsLeft: 3, delivery: 'unknown' });
    expect([cluster.twilio.ledger.length, cluster.sns.ledger.length]).toEqual([2, 1]);
  });

  it('answers within its budget when both providers are silent', async () => {
    cluster.twilio.behave({ kind: 'accept-then-silence' });
    cluster.sns.behave({ kind: 'accept-then-silence' });
    const begun = performance.now();
    expect(await one.verifications.start(request())).toMatchObject({ delivery: 'unknown' });
    expect(performance.now() - begun).toBeLessThan(2_500);
  });
});

describe('without its database', () => {
  beforeEach(async () => {
    cluster = await startCluster();
    one = cluster.instances[0];
  });
  afterEach(() => cluster.close());

  it('sends nothing and approves nothing', async () => {
    const { id, code } = await started();
    for (const name of ['start_verification', 'resend_verification', 'count_guess']) one.database.lost.add(name);
    await cluster.data.age(31);
    expect(await outcomeOf(one.verifications.start(request()))).toBe('DATABASE_UNAVAILABLE');
    expect(await outcomeOf(one.verifications.resend(id))).toBe('DATABASE_UNAVAILABLE');
    expect(await outcomeOf(one.verifications.check(id, code, 'tests'))).toBe('DATABASE_UNAVAILABLE');
    expect(cluster.twilio.requests).toBe(1);
  });

  it('approves nothing when it is lost between the two statements of a check', async () => {
    const { id, code } = await started();
    one.database.lost.add('approve');
    expect(await outcomeOf(one.verifications.check(id, code, 'tests'))).toBe('DATABASE_UNAVAILABLE');
    one.database.lost.clear();
    expect(await one.verifications.check(id, code, 'tests')).toMatchObject({ valid: true });
  });

  it('tries no other provider when a failover cannot be written down', async () => {
    one.database.lost.add('fail_over');
    cluster.twilio.behave({ kind: 'reject', code: '20429' });
    expect(await outcomeOf(one.verifications.start(request()))).toBe('DATABASE_UNAVAILABLE');
    expect(cluster.sns.requests).toBe(0);
  });

  it('still tells the caller of a text that went out before it was lost', async () => {
    one.database.lost.add('record_dispatch');
    const state = await one.verifications.start(request());
    const code = codeIn(cluster.twilio.ledger[0]?.body);
    expect(await one.verifications.check(state.id, code, 'tests')).toMatchObject({ valid: true });
  });
});
