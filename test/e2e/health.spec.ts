import { setTimeout as wait } from 'node:timers/promises';

import { startApp, type Answer, type TestApp } from '../setup/app.js';
import { FakeSns, FakeTwilio } from '../support/index.js';

const START = '/v1/verifications';
const UNLIMITED = { SMS_RATE_LIMIT_PER_HOUR: '10000', SMS_RATE_LIMIT_PER_DAY: '10000' };

const health = (app: TestApp, path: string) => app.call('GET', `/health/${path}`, undefined, { authorization: '' });
const send = (app: TestApp) => app.call('POST', START, { phone: '+12125550147' });
const sendMany = async (app: TestApp, count: number): Promise<readonly Answer[]> =>
  Promise.all(Array.from({ length: count }, () => send(app)));
const statusesOf = (answers: readonly Answer[]) => [...new Set(answers.map(({ status }) => status))];

describe('health in simulation', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.close());

  it('is live', async () => {
    const { status, body, headers } = await health(app, 'live');
    expect([status, body]).toEqual([200, { status: 'ok' }]);
    expect(headers.get('cache-control')).toContain('no-store');
  });

  it('is ready, and says that nothing leaves', async () => {
    const { status, body } = await health(app, 'ready');
    expect([status, body.status]).toEqual([200, 'ok']);
    expect(body.details).toMatchObject({ database: { status: 'up' }, sms: { status: 'up', mode: 'simulation' } });
  });

  it('shows the simulated providers in the rotation', async () => {
    const { status, body } = await health(app, 'providers');
    expect(status).toBe(200);
    const well = { status: 'up', state: 'in_rotation', forSeconds: expect.any(Number), ping: 'up' };
    expect(body.details).toEqual({ mock: well, 'mock-backup': well });
  });

  it.each(['live', 'ready', 'providers'])('answers 200 calls of /health/%s in a row', async (path) => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => health(app, path)));
    expect(statusesOf(answers)).toEqual([200]);
    expect(answers.filter(({ headers }) => headers.has('ratelimit'))).toEqual([]);
  });
});

describe('health with texts disabled', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp({ SMS_PROVIDERS: 'disabled' })));
  afterAll(() => app.close());

  it('is live', async () => expect((await health(app, 'live')).status).toBe(200));

  it('is ready but degraded, and says why', async () => {
    const { status, body } = await health(app, 'ready');
    expect([status, body.status]).toEqual([200, 'degraded']);
    expect(body.details.sms).toEqual({ status: 'degraded', mode: 'disabled', reason: 'SMS_PROVIDERS is disabled' });
  });

  it('has no providers', async () => {
    const { status, body } = await health(app, 'providers');
    expect([status, body.details]).toEqual([200, {}]);
  });

  it('sends nothing, and says when to ask again', async () => {
    const { status, body, headers } = await send(app);
    expect([status, body.code]).toEqual([503, 'SMS_DISABLED']);
    expect(body.detail).toContain('SMS_PROVIDERS is disabled');
    expect(headers.get('retry-after')).toBe(String(body.retryAfter));
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });
});

// One story: each part goes on where the one before it ended.
describe('health of two providers', () => {
  let twilio: FakeTwilio;
  let sns: FakeSns;
  let app: TestApp;

  beforeAll(async () => {
    twilio = await FakeTwilio.start();
    sns = await FakeSns.start({ accessKeyId: 'AKIAFAKE00000000' });
    app = await startApp({
      ...UNLIMITED,
      TWILIO_ACCOUNT_SID: twilio.accountSid,
      TWILIO_AUTH_TOKEN: 'test-token',
      TWILIO_FROM_NUMBER: '+15005550006',
      TWILIO_BASE_URL: twilio.url,
      AWS_SNS_ACCESS_KEY_ID: 'AKIAFAKE00000000',
      AWS_SNS_SECRET_ACCESS_KEY: 'fake-secret',
      AWS_SNS_ENDPOINT: sns.url,
    });
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([twilio.close(), sns.close()]);
  });

  /** Failovers and returns, as an operator reads them. */
  const rotationLines = () =>
    app
      .log()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: string; context?: string; msg: string })
      .filter(({ level, context }) => context === 'Rotation' && level !== 'debug')
      .map(({ level, msg }) => `${level} ${msg.replace(/ after .*/, '')}`);

  /** Sends one text every 200 ms until `done`; how many milliseconds that took. */
  async function sendUntil(done: () => boolean, limitMs: number): Promise<number> {
    const began = performance.now();
    while (!done() && performance.now() - began < limitMs) {
      expect((await send(app)).status).toBe(201);
      await wait(200);
    }
    return performance.now() - began;
  }

  it('is up, and all texts go to the preferred one', async () => {
    expect(statusesOf(await sendMany(app, 10))).toEqual([201]);
    expect([twilio.ledger.length, sns.ledger.length]).toEqual([10, 0]);
    const [ready, providers] = [await health(app, 'ready'), await health(app, 'providers')];
    expect([ready.status, ready.body.status, ready.body.details.sms]).toEqual([
      200,
      'ok',
      { status: 'up', mode: 'live' },
    ]);
    expect(providers.body.details).toMatchObject({
      twilio: { status: 'up', state: 'in_rotation', ping: 'up' },
      'aws-sns': { status: 'up', state: 'in_rotation', ping: 'up' },
    });
    expect(rotationLines()).toEqual([]);
  });

  it('is degraded when the preferred one is lost, and loses no text', async () => {
    twilio.down();
    expect(statusesOf(await sendMany(app, 40))).toEqual([201]);
    expect(sns.ledger).toHaveLength(40);
    const { status, body } = await health(app, 'ready');
    expect([status, body.status]).toEqual([200, 'degraded']);
    expect(body.details.sms).toEqual({ status: 'degraded', mode: 'live', suspended: ['twilio'] });
    expect((await health(app, 'live')).status).toBe(200);
  });

  it('asks nothing of the lost one but free pings', async () => {
    const [requests, accepted] = [twilio.requests, twilio.ledger.length];
    expect(statusesOf(await sendMany(app, 30))).toEqual([201]);
    expect([twilio.requests, twilio.ledger.length]).toEqual([requests, accepted]);
    expect(sns.ledger).toHaveLength(70);
  });

  it('says of each provider where it stands, since when and why', async () => {
    await wait(1_100);
    const { status, body } = await health(app, 'providers');
    expect([status, body.status]).toEqual([200, 'degraded']);
    expect(body.details).toEqual({
      twilio: {
        status: 'degraded',
        state: 'suspended',
        forSeconds: expect.any(Number),
        ping: expect.any(String),
        reason: '5 failures in a row, the last: unconfirmed',
      },
      'aws-sns': { status: 'up', state: 'in_rotation', forSeconds: expect.any(Number), ping: 'up' },
    });
    expect(body.details.twilio.forSeconds).toBeGreaterThanOrEqual(1);
    expect(body.details.twilio.forSeconds).toBeLessThanOrEqual(body.details['aws-sns'].forSeconds);
  });

  it('logged one line about it, although dozens of texts went by', () => {
    expect(rotationLines()).toEqual(['warn twilio left the rotation']);
  });

  it('stays away from one whose pings fail', async () => {
    const [pings, requests] = [twilio.pings, twilio.requests];
    await wait(6_000);
    expect(twilio.pings).toBeGreaterThan(pings);
    expect(statusesOf(await sendMany(app, 10))).toEqual([201]);
    expect(twilio.requests).toBe(requests);
    expect((await health(app, 'ready')).body.status).toBe('degraded');
  });

  it('comes back by pings alone: first text within 10 s, every text within 20 s', async () => {
    const [pings, requests] = [twilio.pings, twilio.requests];
    const before = twilio.ledger.length;
    twilio.heal();
    const firstMs = await sendUntil(() => twilio.ledger.length > before, 12_000);
    expect(firstMs).toBeLessThan(10_000);
    expect(twilio.pings).toBeGreaterThanOrEqual(pings + 2);
    expect(twilio.requests).toBe(requests + 1);
    expect(firstMs + (await sendUntil(() => rotationLines().length > 1, 8_000))).toBeLessThan(20_000);
    const [atTwilio, atSns] = [twilio.ledger.length, sns.ledger.length];
    expect(statusesOf(await sendMany(app, 40))).toEqual([201]);
    expect([twilio.ledger.length - atTwilio, sns.ledger.length - atSns]).toEqual([40, 0]);
  }, 30_000);

  it('is up again, and logged one line about that', async () => {
    expect(rotationLines()).toEqual(['warn twilio left the rotation', 'info twilio is back in the rotation']);
    expect((await health(app, 'ready')).body.status).toBe('ok');
    const { twilio: standing } = (await health(app, 'providers')).body.details;
    expect(standing).toMatchObject({ state: 'in_rotation', ping: expect.stringMatching(/up|down/) });
    expect(standing).not.toHaveProperty('reason');
  });

  it('is down when all are lost, and says when to ask again', async () => {
    for (const fake of [twilio, sns]) {
      fake.behave({ kind: 'status', status: 401 });
      fake.pingsFail = true;
    }
    expect(statusesOf(await sendMany(app, 20))).toEqual([503]);
    for (const path of ['ready', 'providers']) {
      const { status, body, headers } = await health(app, path);
      expect([path, status, body.status]).toEqual([path, 503, 'error']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    expect((await health(app, 'ready')).body.error.sms).toEqual({
      status: 'down',
      mode: 'live',
      suspended: ['twilio', 'aws-sns'],
    });
    expect((await health(app, 'live')).status).toBe(200);
    await wait(1_100); // all out: one try a second, and in between a text is queued
    const refused = await send(app);
    expect([refused.status, refused.body.code]).toEqual([503, 'DELIVERY_UNAVAILABLE']);
    expect(refused.headers.get('retry-after')).toBe('5');
  });

  it('comes back from that too, one line for each loss and each return', async () => {
    for (const fake of [twilio, sns]) fake.heal();
    const began = performance.now();
    while (rotationLines().length < 6 && performance.now() - began < 15_000) {
      await sendMany(app, 3);
      await wait(300);
    }
    expect((await health(app, 'ready')).status).toBe(200);
    expect(rotationLines().slice(2, 4).sort()).toEqual([
      'warn aws-sns left the rotation',
      'warn twilio left the rotation',
    ]);
    expect(rotationLines()).toContain('info twilio is back in the rotation');
    expect(new Set(rotationLines().slice(2)).size).toBe(rotationLines().length - 2);
  }, 25_000);
});
