import { setTimeout as sleep } from 'node:timers/promises';

import { Database } from '../../src/prisma/index.js';
import { RoutingJob } from '../../src/routing/index.js';
import { Rotation } from '../../src/sms/index.js';
import { startApp, type TestApp } from '../setup/app.js';
import { age } from '../setup/database.js';
import { codeIn, credentials } from '../setup/instances.js';
import { signIn, type Operator } from '../setup/operator.js';
import { FakeGateway, FakeSns, FakeTwilio, type LedgerEntry } from '../support/index.js';

jest.setTimeout(180_000);

const PASSWORD = 'a password of the tests 4711';
let twilio: FakeTwilio;
let sns: FakeSns;
let gateway: FakeGateway;
let app: TestApp;
let operator: Operator;
let phones = 0;

async function begin(env: Record<string, string>) {
  [twilio, sns, gateway] = await Promise.all([FakeTwilio.start(), FakeSns.start(), FakeGateway.start()]);
  app = await startApp({
    ...credentials(twilio, sns),
    ADMIN_PASSWORD: PASSWORD,
    SMS_HTTP_URL: `${gateway.url}/sms`,
    SMS_HTTP_HEADERS: '{"Content-Type":"application/json","X-Api-Key":"gateway-key"}',
    SMS_DAILY_COST_LIMIT: '1000',
    // No try is given up for slowness on a busy machine.
    SMS_ATTEMPT_TIMEOUT_MS: '10000',
    SMS_SEND_BUDGET_MS: '30000',
    ...env,
  });
  operator = await signIn(app, PASSWORD);
}
afterEach(async () => {
  await app.close();
  await Promise.all([twilio.close(), sns.close(), gateway.close()]);
});

/** Each of another block of numbers: a block weighs no more than a few verifications. */
const newPhone = () => `+1${212 + 100 * (phones % 2)}${200 + (phones++ >> 1)}1234`;
const ledgers = () => [twilio, sns, gateway].map(({ ledger }) => ledger.length);
const start = async () => {
  const { status, body } = await app.call('POST', '/v1/verifications', { phone: newPhone() });
  expect(status).toBe(201);
  return body as { id: string; messageId: string };
};
const triesOf = async ({ messageId }: { messageId: string }) =>
  (await app.call('GET', `/v1/messages/${messageId}`)).body.attempts as {
    provider: string;
    outcome: string;
    route?: string;
  }[];
const check = async (id: string, text: LedgerEntry | undefined) =>
  (await app.call('POST', `/v1/verifications/${id}/check`, { code: codeIn(text?.body) })).body.status;

/** Lets `secs` pass, for tries, too; then what was sent is counted and learned from. */
async function learnAfter(secs: number) {
  const database = app.app.get(Database);
  await age(database, secs);
  await database.query(
    { name: '', text: `UPDATE attempts SET started_at = started_at - make_interval(secs => ${secs})` },
    [],
  );
  await app.app.get(RoutingJob, { strict: false }).learn();
}

describe('by preference, with two backups', () => {
  beforeEach(() => begin({ SMS_PROVIDERS: 'twilio,aws-sns,http' }));

  it('the third sends when two surely did not, with a code that checks, and only once', async () => {
    twilio.behave({ kind: 'reject', code: '20429' });
    sns.behave({ kind: 'reject', code: 'Throttling' });
    const state = await start();
    expect(ledgers()).toEqual([0, 0, 1]);
    expect((await triesOf(state)).map(({ provider, outcome, route }) => [provider, outcome, route])).toEqual([
      ['twilio', 'not_sent', undefined],
      ['aws-sns', 'not_sent', 'failover'],
      ['http', 'accepted', 'failover'],
    ]);
    expect(await check(state.id, gateway.ledger[0])).toBe('approved');
  });

  it('no third text goes out while two may be out, and both have the same code', async () => {
    twilio.behave({ kind: 'accept-then-status', status: 500 });
    sns.behave({ kind: 'accept-then-status', status: 500 });
    const state = await start();
    await sleep(3_000); // nor by the outbox
    expect(ledgers()).toEqual([1, 1, 0]);
    expect(codeIn(twilio.ledger[0]?.body)).toBe(codeIn(sns.ledger[0]?.body));
    expect(await check(state.id, sns.ledger[0])).toBe('approved');
  });

  it('a second that surely did not send leaves the third its turn, when the first may have', async () => {
    twilio.behave({ kind: 'accept-then-status', status: 500 });
    sns.behave({ kind: 'reject', code: 'Throttling' });
    const state = await start();
    expect(ledgers()).toEqual([1, 0, 1]);
    expect(codeIn(twilio.ledger[0]?.body)).toBe(codeIn(gateway.ledger[0]?.body));
    expect(await check(state.id, gateway.ledger[0])).toBe('approved');
  });

  it('a rule of an operator decides at once, backups and all, until it is taken back', async () => {
    const rules = '/v1/admin/routing/rules';
    const set = await operator.call('PUT', rules, { country: 'US', providers: ['http', 'aws-sns'] });
    expect([set.status, set.body]).toEqual([
      200,
      { country: 'US', providers: ['http', 'aws-sns'], by: 'session:admin' },
    ]);
    const state = await start();
    expect(ledgers()).toEqual([0, 0, 1]);
    expect(await triesOf(state)).toMatchObject([{ provider: 'http', route: 'rule' }]);
    gateway.behave({ kind: 'status', status: 403, body: 'Authorization failed' });
    expect((await triesOf(await start())).map(({ provider }) => provider)).toEqual(['http', 'aws-sns']);

    const why = await operator.call('GET', `/v1/admin/routing/why?messageId=${state.messageId}`);
    expect(why.body.message.why).toBe("http was asked first: an operator's rule named it.");
    expect(why.body.why).toMatch(
      /^A rule \(session:admin\) says http, then aws-sns; nobody else is asked\. But http is suspended now, so aws-sns/,
    );

    const { body: audit } = await operator.call('GET', '/v1/admin/audit');
    expect(JSON.stringify(audit)).toContain('route.set');
    expect((await operator.call('DELETE', `${rules}?country=us`)).status).toBe(204);
    expect((await operator.call('DELETE', `${rules}?country=us`)).status).toBe(404);
    expect((await triesOf(await start())).map(({ provider, route }) => [provider, route])).toEqual([
      ['twilio', undefined],
    ]);
  });

  it('refuses what makes no rule, and says how to mend it', async () => {
    const refusals: [object, string][] = [
      [{ country: 'US', providers: ['nexmo'] }, 'Name some of twilio, aws-sns, http'],
      [{ country: 'US', exclude: ['twilio', 'aws-sns', 'http'] }, 'nobody would be left'],
      [{ country: 'United States', providers: ['twilio'] }, 'two capital letters'],
      [{ country: 'US', providers: 'twilio' }, 'providers is no list'],
      [{ country: 'US', prefer: 'twilio' }, 'is not a member'],
      [{ country: null, learn: true }, 'country must be two letters'],
    ];
    for (const [rule, words] of refusals) {
      const { status, body } = await operator.call('PUT', '/v1/admin/routing/rules', rule);
      expect([status, body.code]).toEqual([400, 'INVALID_REQUEST']);
      expect(JSON.stringify(body)).toContain(words);
    }
    expect((await operator.call('GET', '/v1/admin/routing')).body.rules).toEqual([]);
  });

  it('answers only operators, about a phone or a message, and writes no phone down', async () => {
    const ask = (query: string) => operator.call('GET', `/v1/admin/routing/why?${query}`);
    expect((await app.call('GET', '/v1/admin/routing')).status).toBe(403);
    expect((await app.call('PUT', '/v1/admin/routing/rules', { learn: true })).status).toBe(403);
    for (const query of ['', 'phone=%2B14155552671&messageId=0b0f3f4e-3b1e-4f0a-9b1a-2f5d1c3e4a5b', 'phone=nobody'])
      expect((await ask(query)).status).toBe(400);
    expect((await ask('messageId=0b0f3f4e-3b1e-4f0a-9b1a-2f5d1c3e4a5b')).status).toBe(404);
    for (const phone of ['%2B447400123456', '+447400123456']) {
      const { status, body } = await ask(`phone=${phone}`);
      expect([status, body.country, body.by]).toEqual([200, 'GB', 'preference']);
      expect(body.why).toMatch(
        /ROUTING=preference asks by preference \(SMS_PROVIDERS\): twilio, then aws-sns, then http\.$/,
      );
    }
    expect(app.log()).not.toContain('7400123456');
  });
});

describe('with ROUTING=learn', () => {
  beforeEach(() => begin({ SMS_PROVIDERS: 'twilio,aws-sns', ROUTING: 'learn' }));

  it('who converts gets most first tries, and while it is suspended the next does', async () => {
    for (let text = 0; text < 60; text++) {
      const count = sns.ledger.length;
      const { id } = await start();
      // Codes by Twilio never arrive.
      if (sns.ledger.length > count) expect(await check(id, sns.ledger.at(-1))).toBe('approved');
    }
    await learnAfter(400);
    const before = ledgers();
    const states = [];
    for (let text = 0; text < 60; text++) states.push(await start());
    const [byTwilio = 0, bySns = 0] = ledgers().map((count, index) => count - before[index]!);
    expect(byTwilio + bySns).toBe(60);
    expect(bySns).toBeGreaterThanOrEqual(50);
    const tries = await Promise.all(states.map(triesOf));
    const routes = tries.map(([first]) => first?.route);
    expect(new Set(routes.filter((route) => route !== 'floor'))).toEqual(new Set(['learned']));

    const { body } = await operator.call('GET', '/v1/admin/routing?country=US');
    const [us] = body.destinations;
    expect(us.providers.map(({ provider }: { provider: string }) => provider)).toEqual(['aws-sns', 'twilio']);
    expect(us.providers[0].conversion.low).toBeGreaterThan(0.7);
    expect(us.providers[1].conversion.high).toBeLessThan(0.5);
    expect(us.providers[1].share).toBeLessThan(0.08);

    sns.down();
    for (let text = 0; text < 8; text++) await start();
    const standing = app.app
      .get(Rotation)
      .standings()
      .find(({ name }) => name === 'aws-sns');
    expect(standing?.state).toBe('suspended');
    const [first] = await triesOf(await start());
    expect(first).toMatchObject({ provider: 'twilio', outcome: 'accepted' });
    const why = await operator.call('GET', '/v1/admin/routing/why?phone=%2B14155552671');
    expect(why.body.why).toMatch(/But aws-sns is suspended now/);
    const counted = async () => String((await operator.call('GET', '/metrics')).body);
    for (const end = Date.now() + 10_000; Date.now() < end && !/learned/.test(await counted()); ) await sleep(200);
    expect(await counted()).toMatch(/sixdigit_first_tries_total\{provider="aws-sns",route="learned"\} [1-9]/);
  });
});

describe('with ROUTING=shadow', () => {
  beforeEach(() => begin({ SMS_PROVIDERS: 'twilio,aws-sns', ROUTING: 'shadow' }));

  it('everything goes as by preference, and the report says what would have been', async () => {
    const states = [];
    for (let text = 0; text < 15; text++) states.push(await start());
    expect(ledgers()).toEqual([15, 0, 0]);
    const tries = await Promise.all(states.map(triesOf));
    expect(tries.every(([first]) => first?.route === undefined)).toBe(true);
    await learnAfter(400);
    const { body } = await operator.call('GET', '/v1/admin/routing?country=US');
    const [us] = body.destinations;
    expect(us.shadow).toMatchObject({ texts: 15, basis: 'guessed' });
    expect(us.shadow.caution).toMatch(/^Mostly a guess/);
    expect(us.shadow.agreement).toBeLessThan(1);
  });
});
