import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { Live } from '../../src/console/index.js';
import { startApp, type TestApp } from '../setup/app.js';
import { codeIn, credentials } from '../setup/instances.js';
import { signIn, type Operator } from '../setup/operator.js';
import { openTestDatabase, serverUrl } from '../setup/database.js';
import { Rotation } from '../../src/sms/index.js';
import { FakeSns, FakeTwilio } from '../support/index.js';

jest.setTimeout(180_000);

const PASSWORD = 'a password of the tests 4711';
const PROVIDERS = '/v1/admin/providers';
let twilio: FakeTwilio;
let sns: FakeSns;
let app: TestApp;
let operator: Operator;
let phones = 0;

const env = () => ({
  // No try is given up for slowness on a busy machine.
  SMS_ATTEMPT_TIMEOUT_MS: '10000',
  SMS_SEND_BUDGET_MS: '30000',
  ...credentials(twilio, sns),
  ADMIN_PASSWORD: PASSWORD,
  SMS_DAILY_COST_LIMIT: '1000',
});
const newPhone = () => `+1${212 + 100 * (phones % 2)}${200 + (phones++ >> 1)}1234`;
const start = async (phone = newPhone()) => {
  const answer = await app.call('POST', '/v1/verifications', { phone });
  expect(answer.status).toBe(201);
  return answer.body as { id: string; messageId: string; delivery: string };
};
const provider = async (name: string, by = operator) => (await by.call('GET', `${PROVIDERS}/${name}`)).body;
const takeOut = (name: string, body: object = { reason: 'maintenance' }, by = operator) =>
  by.call('POST', `${PROVIDERS}/${name}/take-out`, body);
const putBack = (name: string, by = operator) => by.call('POST', `${PROVIDERS}/${name}/put-back`);

/** What a server says over a socket of its own, as it comes. */
class Listening {
  readonly events: { readonly event: string; readonly data: any; readonly at: number }[] = []; // eslint-disable-line @typescript-eslint/no-explicit-any -- a test asserts what is in it
  ended = false;
  private text = '';

  private constructor(
    readonly request: ClientRequest,
    readonly answer: IncomingMessage,
  ) {
    answer.setEncoding('utf8').on('data', (chunk: string) => this.take(chunk));
    answer.on('close', () => (this.ended = true)).on('error', () => undefined);
  }

  static async open(url: string, headers: Record<string, string>): Promise<Listening> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(`${url}/v1/admin/events`, { headers, agent: false }, (answer) =>
        resolve(new Listening(request, answer)),
      );
      request.on('error', reject).end();
    });
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  async first(event: string, wanted: (data: any) => boolean = () => true, ms = 10_000) {
    for (const until = Date.now() + ms; Date.now() < until; await sleep(5)) {
      const found = this.events.find((each) => each.event === event && wanted(each.data));
      if (found) return found;
    }
    throw new Error(`no such ${event} in ${ms} ms: ${JSON.stringify(this.events.map((each) => each.event))}`);
  }

  close(): void {
    this.request.destroy();
  }

  private take(chunk: string): void {
    const parts = (this.text + chunk).split('\n\n');
    this.text = parts.pop() ?? '';
    for (const part of parts) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/s.exec(part) ?? [];
      if (event && data) this.events.push({ event, data: JSON.parse(data), at: Date.now() });
    }
  }
}
const listening: Listening[] = [];
async function listen(cookie = operator.cookie): Promise<Listening> {
  const one = await Listening.open(app.url, { cookie, 'sec-fetch-site': 'same-origin' });
  listening.push(one);
  return one;
}
const stopListening = async () => {
  const live = app.app.get(Live, { strict: false });
  for (const one of listening.splice(0)) one.close();
  for (const until = Date.now() + 5_000; live.size > 0 && Date.now() < until; ) await sleep(20);
  expect(live.size).toBe(0);
};

beforeAll(async () => {
  [twilio, sns] = await Promise.all([FakeTwilio.start(), FakeSns.start({ accessKeyId: 'AKIAFAKE00000000' })]);
});
afterAll(() => Promise.all([twilio.close(), sns.close()]));
/** Nobody is held, and all are in the rotation. */
async function allWell() {
  twilio.behave({ kind: 'ok' });
  sns.behave({ kind: 'ok' });
  for (const name of ['twilio', 'aws-sns']) {
    await putBack(name);
    const rotation = app.app.get(Rotation);
    rotation.pinged(name, true);
    rotation.pinged(name, true);
    for (let send = 0; send < 3; send++) rotation.take(new Set(), [name])?.end({ slow: false });
  }
  twilio.ledger.length = sns.ledger.length = 0;
}

beforeAll(async () => {
  app = await startApp(env());
  operator = await signIn(app, PASSWORD);
});
beforeEach(allWell);
afterAll(() => app.close());

describe('providers, by hand', () => {
  it('one that is taken out gets nothing, and comes back through its trial when it is put back', async () => {
    await start();
    expect([twilio.ledger.length, sns.ledger.length]).toEqual([1, 0]);
    const taken = await takeOut('twilio', { reason: 'they call it maintenance, ask +14155552671' });
    expect(taken.status).toBe(200);
    expect(taken.body).toMatchObject({
      ...{ name: 'twilio', state: 'held', heldBy: 'session:admin', why: 'they call it maintenance, ask +******2671' },
    });
    expect(taken.body.history[0]).toMatchObject({ from: 'in_rotation', to: 'held', by: 'session:admin' });
    for (let text = 0; text < 5; text++) await start();
    expect([twilio.ledger.length, sns.ledger.length]).toEqual([1, 5]);
    const put = await putBack('twilio');
    expect(put.body).toMatchObject({ state: 'suspended', heldBy: null, why: 'put back by hand' });
    for (const until = Date.now() + 15_000; (await provider('twilio')).state === 'suspended' && Date.now() < until; )
      await sleep(200);
    const onTrial = await provider('twilio');
    expect(onTrial).toMatchObject({ state: 'on_trial', trial: { allowed: 3, sent: 0, succeeded: 0 } });
    for (let text = 0; text < 3; text++) await start();
    const { state, history } = await provider('twilio');
    expect(state).toBe('in_rotation');
    expect(history.slice(0, 4).map(({ from, to }: { from: string; to: string }) => `${from} ${to}`)).toEqual([
      ...['on_trial in_rotation', 'suspended on_trial', 'held suspended', 'in_rotation held'],
    ]);
    const { acts } = (await operator.call('GET', '/v1/admin/audit')).body;
    expect(acts.map(({ act, subject }: { act: string; subject?: string }) => [act, subject])).toEqual(
      expect.arrayContaining([
        ['provider.take_out', 'twilio'],
        ['provider.put_back', 'twilio'],
      ]),
    );
  });

  it('the last one is taken out only by force, and then nobody gets a text', async () => {
    expect((await takeOut('aws-sns')).status).toBe(200);
    const refused = await takeOut('twilio');
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({ code: 'PROVIDER_IS_LAST', hint: expect.stringContaining('force') });
    expect((await takeOut('twilio', { reason: 'a breach', force: true })).status).toBe(200);
    const { id, delivery } = await start();
    expect(delivery).toBe('queued');
    await sleep(2_500);
    expect([twilio.ledger.length, sns.ledger.length]).toEqual([0, 0]);
    expect((await app.call('GET', '/health/ready')).status).toBe(503);
    expect((await app.call('DELETE', `/v1/verifications/${id}`)).status).toBeLessThan(300);
  });

  it('of many callers at once one takes it out, and two never take out both', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => takeOut(index % 2 ? 'twilio' : 'aws-sns')),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.code))).toEqual(
      new Set(['PROVIDER_HELD', 'PROVIDER_IS_LAST']),
    );
    const { providers } = (await operator.call('GET', PROVIDERS)).body;
    expect(providers.filter(({ state }: { state: string }) => state === 'held')).toHaveLength(1);
  });

  it('while texts are on their way, none begins there once it is taken out', async () => {
    const sending = Array.from({ length: 60 }, async (_, index) => {
      await sleep(index * 50);
      return start();
    });
    await sleep(500);
    expect((await takeOut('twilio')).status).toBe(200);
    await sleep(700); // for what had left us by then
    const before = twilio.requests;
    const states = await Promise.all(sending);
    expect(twilio.requests).toBe(before);
    expect(twilio.ledger.length).toBeGreaterThan(0);
    expect(twilio.ledger.length + sns.ledger.length).toBe(60);
    expect(states.every(({ delivery }) => delivery === 'accepted')).toBe(true);
  });

  it('says what is wrong with what is asked', async () => {
    expect((await takeOut('nobody')).body).toMatchObject({ code: 'NOT_FOUND', hint: 'Take one of: twilio, aws-sns.' });
    expect((await putBack('twilio')).body.code).toBe('PROVIDER_NOT_HELD');
    for (const body of [
      {},
      { reason: '' },
      { reason: '  ' },
      { reason: 'a\nb' },
      { reason: 'x'.repeat(201) },
      { reason: 'x', force: 1 },
    ])
      expect((await takeOut('twilio', body)).status).toBe(400);
    expect((await app.call('POST', `${PROVIDERS}/twilio/take-out`, { reason: 'x' })).status).toBe(403);
  });
});

describe('a provider that was taken out, on PostgreSQL', () => {
  (serverUrl ? it : it.skip)('stays out over restarts and at every instance', async () => {
    const database = await openTestDatabase();
    const asked = twilio.requests;
    const own = { ...env(), APP_SECRET: 'a test secret of more than 32 bytes' };
    const [one, two] = [await startApp(own, database), await startApp(own, database)];
    try {
      const by = await signIn(one, PASSWORD);
      expect((await takeOut('twilio', { reason: 'a breach' }, by)).status).toBe(200);
      await sleep(2_000);
      const starts = (from: TestApp) =>
        Promise.all(Array.from({ length: 10 }, () => from.call('POST', '/v1/verifications', { phone: newPhone() })));
      await Promise.all([starts(one), starts(two)]);
      expect([twilio.ledger.length, sns.ledger.length]).toEqual([0, 20]);
      await one.close();
      const again = await startApp(own, database);
      const [first] = await starts(again);
      expect(first?.status).toBe(201);
      expect(twilio.requests).toBe(asked);
      const third = await signIn(again, PASSWORD);
      expect(await provider('twilio', third)).toMatchObject({
        state: 'held',
        why: 'a breach',
        heldBy: 'session:admin',
      });
      await again.close();
      expect((await putBack('twilio', await signIn(two, PASSWORD))).body.state).toBe('suspended');
    } finally {
      await Promise.all([one.close(), two.close()]);
      await database.drop();
    }
  });
});

describe('events', () => {
  afterEach(stopListening);

  it('show a failover as it happens', async () => {
    const one = await listen();
    expect(one.answer.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const { data } = await one.first('now');
    expect(data).toMatchObject({ simulation: false, instance: expect.any(String), spend: { currency: 'USD' } });
    expect(data.sends.perMinute).toHaveLength(60);
    twilio.behave({ kind: 'reject', code: '20003' });
    await start();
    const { at, data: told } = await one.first('provider', ({ name }) => name === 'twilio');
    expect(told).toMatchObject({ state: 'suspended', why: 'its credentials or account do not work' });
    expect(at - Date.parse(told.history[0].at)).toBeLessThan(1_000);
    const { data: after } = await one.first(
      'now',
      ({ providers: [first] }) => first.lastErrors[0]?.code === 'misconfigured',
    );
    expect(after.sends.perMinute.at(-1).failed + after.sends.perMinute.at(-2).failed).toBeGreaterThan(0);
    expect(after.sends.lastMinute).toBeGreaterThanOrEqual(2);
    expect(after.sends.successRate).toBeLessThan(1);
  });

  it('run for nobody, and are worked out once for all', async () => {
    const live = app.app.get(Live, { strict: false });
    const five = await Promise.all(Array.from({ length: 5 }, () => listen()));
    await Promise.all(five.map((each) => each.first('now')));
    expect(live.size).toBe(5);
    await sleep(2_500);
    const ats = five.map((each) =>
      each.events
        .filter(({ event }) => event === 'now')
        .map((one) => one.data.at)
        .slice(-2),
    );
    expect(new Set(ats.map((each) => JSON.stringify(each))).size).toBe(1);
    await stopListening();
  });

  it('are for operators alone', async () => {
    expect((await app.call('GET', '/v1/admin/events')).status).toBe(403);
    expect((await app.call('GET', '/v1/admin/events', undefined, { authorization: '' })).status).toBe(401);
    expect((await operator.call('HEAD', '/v1/admin/events')).status).toBe(200);
    expect(app.app.get(Live, { strict: false }).size).toBe(0);
  });

  it('tell of a verification, its text and its country what was written down', async () => {
    const phone = newPhone();
    twilio.behave({ kind: 'reject', code: '20429' }, 1);
    const { id, messageId } = await start(phone);
    const code = codeIn(sns.ledger.at(-1)?.body);
    await app.call('POST', `/v1/verifications/${id}/check`, { code: code === '000000' ? '111111' : '000000' });
    expect((await app.call('POST', `/v1/verifications/${id}/check`, { code })).body.status).toBe('approved');
    const { body } = await operator.call('GET', `/v1/admin/verifications/${id}`);
    expect(body).toMatchObject({ status: 'approved', checks: 2, phone: `+******${phone.slice(-4)}` });
    expect(
      body.timeline.map(({ kind, provider, outcome }: Record<string, string>) => [kind, provider, outcome]),
    ).toEqual([
      ['decision', undefined, undefined],
      ['limits', undefined, undefined],
      ['message', undefined, undefined],
      ['attempt', 'twilio', undefined],
      ['attempt_ended', 'twilio', 'not_sent'],
      ['attempt', 'aws-sns', undefined],
      ['attempt_ended', 'aws-sns', 'accepted'],
      ['checks', undefined, undefined],
      ['approved', undefined, undefined],
    ]);
    const asked = encodeURIComponent(phone);
    const found = (await operator.call('GET', `/v1/admin/verifications?phone=${asked}`)).body.verifications;
    expect(found.map((row: { id: string }) => row.id)).toEqual([id]);
    const texts = (await operator.call('GET', `/v1/admin/messages?phone=${asked}`)).body.messages;
    expect(texts.map((row: { id: string }) => row.id)).toEqual([messageId]);
    const { acts } = (await operator.call('GET', '/v1/admin/audit')).body;
    expect(acts.slice(0, 2).map(({ act, subject }: { act: string; subject?: string }) => [act, subject])).toEqual([
      ['message.find_by_phone', undefined],
      ['verification.find_by_phone', undefined],
    ]);
    const { countries } = (await operator.call('GET', '/v1/admin/countries')).body;
    expect(countries.find(({ country }: { country: string }) => country === 'US').approved).toBeGreaterThan(0);
    for (const answer of [body, found, texts, countries]) expect(JSON.stringify(answer)).not.toContain(phone.slice(1));
    expect(app.log()).not.toContain(phone);
  });

  it('lists texts by who was asked last, by country and by status, a page at a time', async () => {
    const list = async (query: string) => (await operator.call('GET', `/v1/admin/messages?${query}`)).body;
    const idsOf = (page: { messages: { id: string }[] }) => page.messages.map(({ id }) => id);
    const [first, british] = [await start(), await start('+447400123457')];
    twilio.behave({ kind: 'reject', code: '20429' }, 1);
    const over = await start();
    twilio.behave({ kind: 'reject', code: '21211' }, 1); // no number at all: nobody else is asked
    await app.call('POST', '/v1/verifications', { phone: newPhone() });
    const refused = { messageId: idsOf(await list('limit=1'))[0] };
    const newest = [refused, over, british, first].map(({ messageId }) => messageId);
    expect(idsOf(await list('limit=4'))).toEqual(newest);
    const ofSns = await list('provider=aws-sns');
    expect(idsOf(ofSns)).toContain(over.messageId);
    expect(new Set(ofSns.messages.map(({ provider }: { provider: string }) => provider))).toEqual(new Set(['aws-sns']));
    expect(idsOf(await list('provider=twilio&limit=3'))).toEqual(newest.filter((id) => id !== over.messageId));
    expect(idsOf(await list('country=gb'))).toEqual([british.messageId]);
    expect(idsOf(await list('country=US&provider=twilio&limit=2'))).toEqual([refused.messageId, first.messageId]);
    const failed = await list('status=failed&limit=1');
    expect(failed.messages[0]).toMatchObject({ id: refused.messageId, status: 'failed', provider: 'twilio' });
    expect(idsOf(await list('provider=nobody'))).toEqual([]);
    for (const asked of ['country=Britain', 'status=lost', `provider=${'x'.repeat(41)}`])
      expect((await operator.call('GET', `/v1/admin/messages?${asked}`)).status).toBe(400);

    // Through all of them by twos: each once, in the order of the whole.
    const all = await list('limit=100&country=US');
    const seen: string[] = [];
    for (let before: string | null = ''; before !== null; ) {
      const page: { messages: { id: string }[]; next: string | null } = await list(
        `limit=2&country=US${before && `&before=${before}`}`,
      );
      seen.push(...idsOf(page));
      before = page.next;
    }
    expect(seen).toEqual(idsOf(all));
    expect(seen.length).toBeGreaterThan(2);
    expect(JSON.stringify(all)).not.toMatch(/\+1\d{10}/);
    const backend = { authorization: `Bearer ${app.key}` };
    expect((await app.call('GET', '/v1/admin/messages?country=US', undefined, backend)).status).toBe(403);
  });

  it('a session opens what the dashboard reads and replays, but from our own pages only', async () => {
    const { body: hook } = await operator.call('POST', '/v1/webhook-endpoints', { url: 'https://8.8.8.8/hook' });
    for (const path of ['', `/${hook.id}`, `/${hook.id}/deliveries`])
      expect((await operator.call('GET', `/v1/webhook-endpoints${path}`)).status).toBe(200);
    const replay = `/v1/webhook-endpoints/${hook.id}/replay`;
    const since = { since: new Date(0).toISOString() };
    expect((await operator.call('POST', replay, since)).status).toBe(202);
    const forged: readonly Record<string, string>[] = [
      { 'x-csrf-token': 'x' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.test' },
    ];
    for (const headers of forged) {
      expect((await operator.call('POST', replay, since, headers)).status).toBe(403);
      expect((await operator.call('POST', `${PROVIDERS}/twilio/take-out`, { reason: 'x' }, headers)).status).toBe(403);
    }
    expect((await provider('twilio')).state).toBe('in_rotation');
  });

  it('end when the session does, and when the server stops', async () => {
    const one = await listen();
    await one.first('now');
    const other = await signIn(app, PASSWORD);
    const staying = await listen(other.cookie);
    await operator.call('DELETE', '/v1/admin/session');
    for (const until = Date.now() + 12_000; !one.ended && Date.now() < until; ) await sleep(50);
    expect(one.ended).toBe(true);
    expect(staying.ended).toBe(false);
    const begun = Date.now();
    await app.close();
    expect(Date.now() - begun).toBeLessThan(10_000);
    for (const until = Date.now() + 2_000; !staying.ended && Date.now() < until; ) await sleep(20);
    expect(staying.ended).toBe(true);
  });
});
