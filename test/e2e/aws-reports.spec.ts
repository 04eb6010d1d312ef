import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { Database, DatabaseUnavailable } from '../../src/prisma/index.js';
import { HttpClient, OutboxWorker } from '../../src/sms/index.js';
import type { Source } from '../../src/kernel/index.js';
import { startApp, type TestApp } from '../setup/app.js';
import { codeIn, credentials } from '../setup/instances.js';
import {
  cloudWatchRecord,
  deliveryLog,
  FakeSns,
  FakeSnsTopic,
  FakeTwilio,
  firehoseBatch,
  signingPair,
  type LedgerEntry,
  type ReportOnTheWire,
} from '../support/index.js';

const SECRET = 'kP3vQ8zT1mW6xB9cF4jH7nR2sL5yD0gA';
const ARN = 'arn:aws:sns:us-east-1:123456789012:sms-reports';
const CERT = 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem';

const topic = new FakeSnsTopic(ARN, signingPair().key, CERT);

let twilio: FakeTwilio;
let sns: FakeSns;
let app: TestApp;
let phones = 1_000;
const newPhone = () => `+1212555${phones++}`;

const UNLIMITED = { SMS_RATE_LIMIT_PER_HOUR: '10000', SMS_RATE_LIMIT_PER_DAY: '10000' };

const open = (env = {}) =>
  startApp({
    ...credentials(twilio, sns),
    SMS_PROVIDERS: 'aws-sns,twilio',
    SMS_WEBHOOK_SECRET: SECRET,
    AWS_SNS_REPORT_TOPIC_ARNS: ARN,
    ...UNLIMITED,
    // Nobody is to lose patience with a text of another test.
    SMS_FAILOVER_TIMEOUT_SECS: '300',
    ...env,
  });

beforeAll(async () => {
  [twilio, sns] = await Promise.all([FakeTwilio.start(), FakeSns.start({ accessKeyId: 'AKIAFAKE00000000' })]);
  app = await open();
});
beforeEach(() => {
  for (const fake of [twilio, sns]) {
    fake.heal();
    fake.ledger.length = 0;
  }
  sns.confirmations.length = 0;
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  await app.close();
  await Promise.all([twilio.close(), sns.close()]);
});

/** The same with other settings, for one test; the last to start has all the log. */
async function withSettings(env: Source, work: () => Promise<void>): Promise<void> {
  const before = app;
  app = await open(env);
  await work().finally(async () => {
    await app.close();
    app = before;
  });
}

async function post({ headers, body }: ReportOnTheWire) {
  const response = await fetch(`${app.url}/v1/webhooks/aws-sns`, {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
  });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

const start = async (phone = newPhone()) => (await app.call('POST', '/v1/verifications', { phone })).body;
const rows = <Row extends object>(text: string, ...values: string[]) =>
  app.app.get(Database).query<Row>({ name: '', text }, values);
/** What became of a verification's text, and what it cost. */
async function fateOf({ id }: { id: string }) {
  const [row] = await rows<{ status: string; micros: string | null }>(
    `SELECT m.status::text, sum(a.reported_micros)::text AS micros FROM messages m JOIN attempts a ON a.message_id = m.id
     WHERE m.verification_id = $1::uuid GROUP BY m.id`,
    id,
  );
  return row;
}
const statusOf = async (verification: { id: string }) => (await fateOf(verification))?.status;
const look = () => app.app.get(OutboxWorker).run();
const logOf = ({ id, to }: Pick<LedgerEntry, 'id' | 'to'>, more: object = {}) =>
  deliveryLog({ messageId: id, destination: to, ...more });
const batchOf = (...logs: readonly object[]) => firehoseBatch(SECRET, [cloudWatchRecord(logs)]);
const last = (fake: FakeSns | FakeTwilio): LedgerEntry => fake.ledger.at(-1)!;

/** Counts what the database is told. */
function spyReports() {
  const spy = jest.spyOn(app.app.get(Database), 'query');
  return () => spy.mock.calls.filter(([{ name }]) => name === 'record_report').length;
}

describe('Firehose', () => {
  it('is answered exactly as it asks for', async () => {
    const verification = await start();
    const wire = firehoseBatch(SECRET, [cloudWatchRecord([logOf(last(sns))])], {
      requestId: 'ed4acda5-034f-9f42',
      gzip: true,
    });
    const { status, type, text } = await post(wire);
    expect([status, type]).toEqual([200, 'application/json']);
    const answer = JSON.parse(text) as { timestamp: number };
    expect(answer).toEqual({ requestId: 'ed4acda5-034f-9f42', timestamp: expect.any(Number) });
    expect(Math.abs(answer.timestamp - Date.now())).toBeLessThan(60_000);
    expect(await statusOf(verification)).toBe('delivered');
  });

  it('changes nothing and costs no work when it sends a request again, and books the cost once', async () => {
    const verification = await start();
    const reported = spyReports();
    const wire = batchOf(logOf(last(sns)), logOf(last(sns)));
    for (let i = 0; i < 5; i++) expect((await post(wire)).status).toBe(200);
    expect(reported()).toBe(2);
    // As another instance would get it, or under another id: nothing but work.
    for (let i = 0; i < 3; i++) expect((await post(batchOf(logOf(last(sns))))).status).toBe(200);
    expect(reported()).toBe(5);
    expect(await fateOf(verification)).toEqual({ status: 'delivered', micros: '6450' });
  });

  it('does not learn from a known request id what only the key tells', async () => {
    const wire = batchOf();
    expect((await post(wire)).status).toBe(200);
    for (const key of ['', 'wrong', `${SECRET} `.repeat(2), 'undefined'])
      expect((await post({ ...wire, headers: { ...wire.headers, 'x-amz-firehose-access-key': key } })).status).toBe(
        403,
      );
  });

  it('with a wrong key is refused in its own format, and nothing is written', async () => {
    await start();
    const reported = spyReports();
    for (const key of ['wrong', undefined, '']) {
      const { status, type, text } = await post(
        firehoseBatch(key, [cloudWatchRecord([logOf(last(sns))])], { requestId: 'an-id' }),
      );
      expect([status, type]).toEqual([403, 'application/json']);
      expect(JSON.parse(text)).toEqual({
        requestId: 'an-id',
        timestamp: expect.any(Number),
        errorMessage: expect.any(String),
      });
    }
    expect(reported()).toBe(0);
    expect(app.log()).not.toContain(SECRET);
  });

  it('has a batch with one rubbish record taken but for that', async () => {
    const verifications = [await start(), await start()];
    const [first] = sns.ledger as [LedgerEntry];
    const records = [
      cloudWatchRecord([logOf(first)]),
      'rubbish',
      Buffer.from([0x1f, 0x8b, 0]),
      cloudWatchRecord([logOf(last(sns))]),
    ];
    expect((await post(firehoseBatch(SECRET, records))).status).toBe(200);
    expect(await Promise.all(verifications.map(statusOf))).toEqual(['delivered', 'delivered']);
  });

  it.each([
    ['a body over the limit', () => ({ ...batchOf(), body: Buffer.alloc((4 << 20) + 1, ' ') }), 413],
    ['a bomb', () => firehoseBatch(SECRET, [gzipSync(Buffer.alloc(100 << 20, ' '))]), 413],
    ['other ids in header and body', () => firehoseBatch(SECRET, [], { inBody: 'another' }), 400],
  ])('is told of %s', async (_what, wire, status) => {
    expect((await post(wire())).status).toBe(status);
    expect((await post(batchOf())).status).toBe(200);
  });

  it('may send 3 MiB, which nobody may send elsewhere', async () => {
    const wire = firehoseBatch(SECRET, [Buffer.alloc(2 << 20, ' ')]);
    expect((await post(wire)).status).toBe(200);
    const elsewhere = await app.call('POST', '/v1/verifications', { phone: newPhone(), locale: 'x'.repeat(70_000) });
    expect(elsewhere.status).toBe(413);
  });

  it('keeps nobody else waiting with a long batch', async () => {
    const strangers = Array.from({ length: 1_000 }, () => logOf({ id: randomUUID(), to: '+12125559999' }));
    const batch = post(batchOf(...strangers)).then(() => 'the batch');
    await wait(50);
    const other = app.call('GET', '/health/live').then(() => 'the other');
    expect(await Promise.race([batch, other])).toBe('the other');
    await batch;
  });

  it('sends again what the database did not take', async () => {
    const verification = await start();
    const wire = batchOf(logOf(last(sns)));
    const database = app.app.get(Database);
    const query = database.query.bind(database);
    jest
      .spyOn(database, 'query')
      .mockImplementation((statement, values) =>
        statement.name === 'record_report'
          ? Promise.reject(new DatabaseUnavailable(new Error('gone')))
          : query(statement, values),
      );
    const { status, type, text } = await post(wire);
    expect([status, type]).toEqual([503, 'application/json']);
    expect(JSON.parse(text)).toMatchObject({ requestId: wire.headers['x-amz-firehose-request-id'] });
    jest.restoreAllMocks();
    expect(await statusOf(verification)).toBe('accepted');
    expect((await post(wire)).status).toBe(200);
    expect(await statusOf(verification)).toBe('delivered');
  });
});

describe('a report of Amazon SNS', () => {
  it('of a failure that another provider may cure sends the text once more, by that one', async () => {
    const { id } = await start();
    const failed = logOf(last(sns), { status: 'FAILURE', providerResponse: 'Blocked as spam by phone carrier' });
    for (let i = 0; i < 3; i++) expect((await post(batchOf(failed))).status).toBe(200);
    await look();
    await look();
    expect((await post(batchOf(failed))).status).toBe(200);
    await look();
    expect([sns.ledger.length, twilio.ledger.length]).toEqual([1, 1]);
    expect(codeIn(last(twilio).body)).toBe(codeIn(last(sns).body));
    const checked = await app.call('POST', `/v1/verifications/${id}/check`, { code: codeIn(last(twilio).body) });
    expect(checked.body).toMatchObject({ valid: true });
  });

  it('of a number that is none ends there', async () => {
    await start();
    const invalid = logOf(last(sns), { status: 'FAILURE', providerResponse: 'Invalid phone number' });
    expect((await post(batchOf(invalid))).status).toBe(200);
    await look();
    expect([sns.ledger.length, twilio.ledger.length]).toEqual([1, 0]);
    const told = await rows(
      'SELECT report::text, report_code FROM attempts WHERE provider_message_id = $1',
      last(sns).id,
    );
    expect(told).toEqual([{ report: 'undelivered', report_code: 'invalid-number' }]);
  });

  it('of an opt-out stops every provider for that number', async () => {
    const phone = newPhone();
    await start(phone);
    const optedOut = logOf(last(sns), { status: 'FAILURE', providerResponse: 'Phone number is opted out' });
    expect((await post(batchOf(optedOut))).status).toBe(200);
    await look();
    await start(phone);
    await look();
    expect([sns.ledger.length, twilio.ledger.length]).toEqual([1, 0]);
    await start();
    expect(sns.ledger).toHaveLength(2);
  });

  it('finds the text whose answer was lost by its phone', async () => {
    sns.behave({ kind: 'accept-then-reset' }, 1);
    const verification = await start();
    const texts = [...sns.ledger, ...twilio.ledger].length;
    for (let i = 0; i < 3; i++) expect((await post(batchOf(logOf(last(sns))))).status).toBe(200);
    const [attempt] = await rows(
      `SELECT a.outcome::text, a.provider_message_id AS id, a.cost_micros::int AS cost FROM attempts a
       JOIN messages m ON m.id = a.message_id WHERE m.verification_id = $1::uuid AND a.provider = 'aws-sns'`,
      verification.id,
    );
    expect(attempt).toEqual({ outcome: 'accepted', id: last(sns).id, cost: 6_450 });
    expect(await fateOf(verification)).toEqual({ status: 'delivered', micros: '6450' });
    await look();
    expect([sns.ledger.length, [...sns.ledger, ...twilio.ledger].length]).toEqual([1, texts]);
  });

  it('about somebody else’s text changes nothing', async () => {
    const verification = await start();
    const strangers = [
      { id: randomUUID(), to: last(sns).to },
      { id: randomUUID(), to: '+12125559999' },
    ];
    expect((await post(batchOf(...strangers.map((each) => logOf(each))))).status).toBe(200);
    expect(await statusOf(verification)).toBe('accepted');
  });

  it('leaves no whole number in the log', async () => {
    await start();
    await post(batchOf(logOf(last(sns))));
    await post(
      batchOf(
        logOf({ id: randomUUID(), to: '+12125559999' }, { status: 'FAILURE', providerResponse: 'No +12125559999' }),
      ),
    );
    expect(app.log()).toContain('report of aws-sns');
    expect(app.log()).not.toContain(last(sns).to.slice(1));
    expect(app.log()).not.toContain('2125559999');
  });
});

describe('an SNS subscription', () => {
  let trap: Server;
  let trapped = 0;
  let outbound: string[];
  const trapUrl = () => `http://127.0.0.1:${(trap.address() as AddressInfo).port}/?Action=ConfirmSubscription`;

  beforeEach(async () => {
    trapped = 0;
    trap = createServer((_, res) => (trapped++, res.end())).listen(0, '127.0.0.1');
    await once(trap, 'listening');
    // SNS' own host cannot be had here: its certificate is ours, and all else goes where it goes.
    outbound = [];
    const request = Reflect.get<HttpClient, 'request'>(HttpClient.prototype, 'request');
    jest.spyOn(HttpClient.prototype, 'request').mockImplementation(function (this: HttpClient, asked) {
      outbound.push(asked.url);
      if (asked.url === CERT) return Promise.resolve({ status: 200, headers: {}, body: signingPair().cert });
      return request.call(this, asked);
    });
  });
  afterEach(() => trap.close());

  it.each(['1', '2'])('reports under a signature of version %s, as often as it likes', async (version) => {
    const verification = await start();
    const wire = topic.wire(topic.notification(logOf(last(sns))), { version });
    for (let i = 0; i < 3; i++) expect(await post(wire)).toMatchObject({ status: 200, text: '' });
    expect(await fateOf(verification)).toEqual({ status: 'delivered', micros: '6450' });
    expect(outbound.filter((url) => url === CERT).length).toBeLessThanOrEqual(1);
  });

  it('is refused when it is forged, old, or of another topic', async () => {
    const verification = await start();
    const log = logOf(last(sns));
    const other = new FakeSnsTopic(`${ARN}-of-others`, signingPair().key, CERT);
    const forger = new FakeSnsTopic(ARN, signingPair('forger').key, CERT);
    const evil = new FakeSnsTopic(ARN, signingPair().key, trapUrl());
    const old = topic.notification(log, { Timestamp: new Date(Date.now() - 7_200_000).toISOString() });
    const wires = [other, forger, evil].map((each) => each.wire(each.notification(log)));
    for (const wire of [...wires, topic.wire(old), { headers: {}, body: Buffer.alloc(0) }])
      expect((await post(wire)).status).toBe(403);
    expect(await statusOf(verification)).toBe('accepted');
    expect(trapped).toBe(0);
  });

  it('is confirmed by the API, never at the address that it gives', async () => {
    expect(await post(topic.wire(topic.confirmation(trapUrl(), 'the-token')))).toMatchObject({ status: 200, text: '' });
    expect(sns.confirmations).toEqual([{ topicArn: ARN, token: 'the-token' }]);
    await wait(100);
    expect(trapped).toBe(0);
    expect(outbound.filter((url) => !url.startsWith(sns.url) && url !== CERT)).toEqual([]);
  });

  it('is not confirmed for a topic that is not ours', async () => {
    const other = new FakeSnsTopic(`${ARN}-of-others`, signingPair().key, CERT);
    expect((await post(other.wire(other.confirmation(trapUrl(), 'the-token')))).status).toBe(403);
    expect([sns.confirmations, trapped]).toEqual([[], 0]);
  });

  it('asks again when SNS could not be told', async () => {
    sns.down();
    const wire = topic.wire(topic.confirmation(trapUrl(), 'the-token'));
    expect((await post(wire)).status).toBe(503);
    sns.heal();
    expect((await post(wire)).status).toBe(200);
    expect(sns.confirmations).toHaveLength(1);
  });

  it('that ends is only spoken of', async () => {
    expect((await post(topic.wire(topic.confirmation(trapUrl(), 'the-token', 'UnsubscribeConfirmation')))).status).toBe(
      200,
    );
    expect([sns.confirmations, trapped]).toEqual([[], 0]);
    expect(app.log()).toMatch(/"level":"warn".*unsubscribed from an SNS topic/);
  });
});

describe('a report without the settings for it', () => {
  it('of Firehose is refused while there is no secret, or no such provider', async () => {
    await withSettings({ SMS_WEBHOOK_SECRET: undefined }, async () => {
      for (const key of [undefined, '', 'undefined']) expect((await post(firehoseBatch(key, []))).status).toBe(403);
    });
    await withSettings({ SMS_PROVIDERS: 'twilio' }, async () => {
      expect((await post(firehoseBatch(SECRET, []))).status).toBe(403);
    });
  });

  it('of an SNS subscription is refused while no topic is named', async () => {
    await withSettings({ AWS_SNS_REPORT_TOPIC_ARNS: undefined }, async () => {
      expect(
        (await post(topic.wire(topic.confirmation('https://sns.us-east-1.amazonaws.com/', 'the-token')))).status,
      ).toBe(403);
    });
    expect(sns.confirmations).toEqual([]);
  });
});
