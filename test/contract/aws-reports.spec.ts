import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import { isSigningCertUrl, certificatesOver } from '../../src/sms/providers/aws-sns/reports/signing-certificates.js';
import { usdMicros } from '../../src/sms/providers/aws-sns/reports/usd-micros.js';
import { AwsSnsProvider, HttpClient, type DeliveryReport } from '../../src/sms/index.js';
import {
  cloudWatchRecord,
  deliveryLog,
  eventBridge,
  FakeSns,
  FakeSnsTopic,
  firehoseBatch,
  messagingEvent,
  selfSigned,
  signingPair,
  type ReportOnTheWire,
} from '../support/index.js';

const KEY = 'a firehose access key of 32 bytes';
const ID = '34d9b400-c6dd-5444-820d-fbeb0f1f54cf';
const PHONE = '+14155552671';
const ARN = 'arn:aws:sns:us-east-1:123456789012:sms-reports';
const CERT = 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem';
const HOUR_MS = 3_600_000;

interface Reader {
  readonly read: (wire: ReportOnTheWire) => Promise<readonly DeliveryReport[] | string>;
  /** URLs that certificates were asked for at. */
  readonly asked: readonly string[];
}

/** The name of the error stands for its refusal. */
function reader(
  { pem = async (_url: string) => signingPair().cert, accessKey = KEY, now = () => new Date() } = {},
  endpoint?: string,
): Reader {
  const asked: string[] = [];
  const certificates = (url: string) => (asked.push(url), pem(url));
  const provider = new AwsSnsProvider({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAFAKE00000000', secretAccessKey: 'fake-secret' },
    endpoint,
    reports: { accessKey, topicArns: [ARN], certificates, now },
  });
  return {
    asked,
    read: (wire) =>
      provider
        .readReports({ url: '/v1/webhooks/aws-sns', ...wire })
        .catch((error: Error) => `${error.name} ${(error as { kind?: string }).kind ?? ''}`.trim()),
  };
}

const read = (wire: ReportOnTheWire) => reader().read(wire);
const batch = (...records: readonly (Buffer | string)[]) => firehoseBatch(KEY, records);
const logged = (more: object = {}) => deliveryLog({ messageId: ID, destination: PHONE, ...more });
const delivered = { providerMessageId: ID, phone: PHONE, status: 'delivered', costMicros: 6_450 };

describe('a Firehose batch', () => {
  it.each([
    ['of CloudWatch Logs', batch(cloudWatchRecord([logged()])), 1],
    ['compressed once more on its way', firehoseBatch(KEY, [cloudWatchRecord([logged()])], { gzip: true }), 1],
    [
      'of several lines in several records',
      batch(cloudWatchRecord([logged(), logged()]), cloudWatchRecord([logged()])),
      3,
    ],
    [
      'of parts compressed one after the other',
      batch(Buffer.concat([1, 2].map(() => cloudWatchRecord([logged()])))),
      2,
    ],
    ['of lines taken out of their envelope', batch(`${JSON.stringify(logged())}\n${JSON.stringify(logged())}`), 2],
    ['of objects without anything between them', batch(JSON.stringify(logged()).repeat(3)), 3],
    ['of nothing', batch(), 0],
    [
      'with a sign of life',
      batch(cloudWatchRecord(['CWL CONTROL MESSAGE: Checking health of destination'], 'CONTROL_MESSAGE')),
      0,
    ],
  ])('%s is read', async (_what, wire, count) => {
    expect(await read(wire)).toEqual(Array.from({ length: count }, () => expect.objectContaining(delivered)));
  });

  it.each([
    ['no JSON', 'rubbish'],
    ['half a gzip', cloudWatchRecord([logged()]).subarray(0, 40)],
    ['a broken line', cloudWatchRecord(['{"notification":{', '[1]', 'null', '"x"'])],
    ['a line about something else', cloudWatchRecord([{ hello: 'world' }])],
    ['an id that fits into no column', JSON.stringify(logged({ messageId: `a\u0000b` }))],
    ['a list', '[]'],
    ['an open quote', '{"a":"'],
    ['inherited names', '{"__proto__":{"notification":{"messageId":"x"},"status":"SUCCESS"}}'],
  ])('is read around a record with %s', async (_what, rubbish) => {
    const good = cloudWatchRecord([logged()]);
    expect(await read(batch(good, rubbish, good))).toHaveLength(2);
  });

  it.each([
    ['another key', firehoseBatch(`${KEY}x`, [])],
    ['an empty key', firehoseBatch('', [])],
    ['no key', firehoseBatch(undefined, [])],
  ])('with %s is nobody’s', async (_what, wire) => {
    expect(await read(wire)).toBe('ReportRefused');
  });

  it('is nobody’s while there is no key to compare with', async () => {
    for (const key of [undefined, '', 'undefined'])
      expect(await reader({ accessKey: undefined }).read(firehoseBatch(key, []))).toBe('ReportRefused');
  });

  it.each([
    ['another request id in its body', firehoseBatch(KEY, [], { inBody: 'other' })],
    ['no JSON in it', { ...batch(), body: Buffer.from('{') }],
    ['no records', { ...batch(), body: Buffer.from('{}') }],
    ['an empty body', { ...batch(), body: Buffer.alloc(0) }],
    ['a body that only looks compressed', { ...batch(), body: Buffer.from([0x1f, 0x8b, 1, 2]) }],
  ])('with %s is unreadable', async (_what, wire) => {
    expect(await read(wire)).toBe('Error invalid');
  });

  const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, ' '));
  const bombs: [string, () => ReportOnTheWire][] = [
    ['in a record', () => batch(cloudWatchRecord([logged()]), bomb)],
    [
      'in many records that are harmless alone',
      () => batch(...Array<Buffer>(20).fill(gzipSync(Buffer.alloc(4 << 20, ' ')))),
    ],
    ['as its body', () => ({ ...batch(), body: bomb })],
    ['of records', () => batch(...Array<string>(10_001).fill('{}'))],
  ];
  it.each(bombs)('that is a bomb %s is refused, quickly and in little memory', async (_what, make) => {
    const wire = make();
    const before = process.memoryUsage().arrayBuffers;
    const begun = performance.now();
    expect(await read(wire)).toBe('Error too_large');
    expect(performance.now() - begun).toBeLessThan(15_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 1024 * 1024);
  });
});

describe('what AWS says of a text', () => {
  const readOne = async (event: object) => {
    const reports = await read(batch(JSON.stringify(event)));
    return typeof reports === 'string' ? reports : reports[0];
  };
  const undelivered = (code: string, curable: boolean) => ({ status: 'undelivered', code, curable });
  /** It is our sender that the carrier does not let through. */
  const blocked = (code: string) => ({ ...undelivered(code, true), senderFault: 'blocked' });

  it.each([
    ['Blocked as spam by phone carrier', blocked('spam')],
    ['Phone carrier has blocked this message', blocked('carrier-blocked')],
    ['Phone is currently unreachable/unavailable', undelivered('phone-unreachable', true)],
    ['Unknown error attempting to reach phone', undelivered('unknown', true)],
    ['No quota left for account', undelivered('no-quota', true)],
    ['This delivery would exceed max price', undelivered('max-price', true)],
    ['Invalid phone number', undelivered('invalid-number', false)],
    ['Phone number is opted out', { ...undelivered('opted-out', false), optedOut: true }],
    ['Something new about +14155552671', undelivered('unlisted', true)],
  ])('%s', async (providerResponse, expected) => {
    const log = logged({ status: 'FAILURE', providerResponse, priceInUSD: 0 });
    expect(await readOne(log)).toEqual({ providerMessageId: ID, phone: PHONE, costMicros: 0, ...expected });
  });

  it.each([
    ['TEXT_DELIVERED', {}, { status: 'delivered' }],
    ['TEXT_SUCCESSFUL', {}, { status: 'sent' }],
    ['TEXT_QUEUED', { isFinal: false }, { status: 'accepted' }],
    ['TEXT_PENDING', { isFinal: false }, { status: 'accepted' }],
    ['TEXT_UNREACHABLE', {}, undelivered('phone-unreachable', true)],
    ['TEXT_UNREACHABLE', { isFinal: false }, { status: 'accepted' }],
    ['TEXT_INVALID', {}, undelivered('invalid-number', false)],
    ['TEXT_CARRIER_BLOCKED', {}, blocked('carrier-blocked')],
    ['TEXT_SPAM', {}, blocked('spam')],
    ['TEXT_TTL_EXPIRED', {}, undelivered('expired', true)],
    ['TEXT_PROTECT_BLOCKED', {}, undelivered('protect-blocked', true)],
    [
      'TEXT_BLOCKED',
      { messageStatusDescription: 'Phone number is opted out' },
      { ...undelivered('opted-out', false), optedOut: true },
    ],
    ['TEXT_UNKNOWN', {}, undelivered('unknown', true)],
    // Nobody said anything for three days: that is no failure.
    ['TEXT_UNKNOWN', { eventTimestamp: 1_686_975_103_170 + 72 * HOUR_MS }, { status: 'accepted' }],
  ])('%s %j', async (type, more, expected) => {
    const event = messagingEvent(type, ID, { destinationPhoneNumber: PHONE, ...more });
    expect(await readOne(event)).toEqual({ providerMessageId: ID, phone: PHONE, costMicros: 95_820, ...expected });
  });

  it('is what it is in the envelope of EventBridge, which names no phone', async () => {
    const event = messagingEvent('TEXT_DELIVERED', ID, {
      destinationPhoneNumber: undefined,
      totalMessagePrice: 0.00581,
      totalCarrierFee: 0.003,
    });
    expect(await readOne(eventBridge(event))).toEqual({
      providerMessageId: ID,
      status: 'delivered',
      costMicros: 8_810,
    });
  });

  it.each(['VOICE_COMPLETED', 'MEDIA_DELIVERED', 'TEXT_FROM_THE_FUTURE'])('is nothing for %s', async (type) => {
    expect(await readOne(messagingEvent(type, ID))).toBeUndefined();
  });

  it.each([
    [0.00645, 6_450],
    [0.07, 70_000],
    [0.000001, 1],
    [1e-7, 0],
    [5e-7, 1],
    [1.005, 1_005_000],
    [0.1 + 0.2, 300_000],
    [0, 0],
    [12, 12_000_000],
    ['0.058', 58_000],
    [1e21, undefined],
    [-1, undefined],
    [NaN, undefined],
    ['1,5', undefined],
    [null, undefined],
    [{}, undefined],
  ])('costs %p dollars: %p millionths', (price, micros) => {
    expect(usdMicros(price)).toBe(micros);
  });
});

describe('an address of a signing certificate', () => {
  it.each([CERT, 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-a.pem'])('may be %s', (url) =>
    expect(isSigningCertUrl(url, 'us-east-1')).toBe(true),
  );

  it('may be in China', () => {
    expect(
      isSigningCertUrl('https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-a.pem', 'cn-north-1'),
    ).toBe(true);
  });

  const path = '/SimpleNotificationService-0123456789abcdef.pem';
  it.each([
    `http://sns.us-east-1.amazonaws.com${path}`,
    `https://sns.us-east-1.amazonaws.com.evil.com${path}`,
    `https://sns.us-east-1.amazonaws.com@evil.com${path}`,
    `https://evil.com@sns.us-east-1.amazonaws.com${path}`,
    `https://:@sns.us-east-1.amazonaws.com${path}`,
    `https://evil.com#sns.us-east-1.amazonaws.com${path}`,
    `https://evil.com\\@sns.us-east-1.amazonaws.com${path}`,
    `https://sns.us-east-1.amazonaws.com\\@evil.com${path}`,
    `https://sns.us-east-1.amazonaws.com:8443${path}`,
    `https://sns.us-east-1.amazonaws.com:443${path}`,
    `https://evilsns.us-east-1.amazonaws.com${path}`,
    `https://x.sns.us-east-1.amazonaws.com${path}`,
    `https://sns.us-east-1.s3.amazonaws.com${path}`,
    `https://sns.us-east-1.amazonaws.com.cn.evil.com${path}`,
    `https://sns.us-east-1.amazonaws.com.${path}`,
    `https://sns.us-east-1.amazonawsxcom${path}`,
    `https://sns.us-west-2.amazonaws.com${path}`,
    `https://sns.x.amazonaws.com${path}`,
    `https://sns.us-east-1.amazonaws.com/x/..${path}`,
    `https://sns.us-east-1.amazonaws.com/bucket${path}`,
    `https://sns.us-east-1.amazonaws.com/%2e%2e${path}`,
    `https://sns.us-east-1.amazonaws.com${path}?x`,
    `https://sns.us-east-1.amazonaws.com${path}#x`,
    `https://sns.us-east-1.amazonaws.com${path}/`,
    `https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123.pem.exe`,
    `https://sns.us-east-1.amazonaws.com/SimpleNotificationService-../x.pem`,
    `https://SNS.us-east-1.amazonaws.com${path}`,
    ` ${CERT}`,
    `${CERT}\n`,
    `https://sns.us-east-1.amazonaws.com\t${path}`,
    `//sns.us-east-1.amazonaws.com${path}`,
    `file:///etc/passwd`,
    '',
    `https://sns.us\u2010east-1.amazonaws.com${path}`,
  ])('is not %s', async (url) => {
    expect(isSigningCertUrl(url, 'us-east-1')).toBe(false);
    const { read, asked } = reader();
    const topic = new FakeSnsTopic(ARN, signingPair().key, url);
    expect(await read(topic.wire(topic.notification(logged())))).toBe('ReportRefused');
    expect(asked).toEqual([]);
  });
});

describe('getting a certificate', () => {
  it.each([
    ['a redirect', 302, 'x'],
    ['an error', 404, 'x'],
    ['more than anybody needs', 200, 'x'.repeat(100_000)],
  ])('fails on %s', async (_what, status, body) => {
    let requests = 0;
    const server = createServer((_, res) => {
      requests++;
      res.writeHead(status, { location: '/elsewhere' }).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const http = new HttpClient();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.pem`;
    await expect(certificatesOver(http)(url)).rejects.toThrow();
    expect(requests).toBe(1);
    await http.close();
    server.close();
  });
});

describe('a message of an SNS subscription', () => {
  const topic = new FakeSnsTopic(ARN, signingPair().key, CERT);
  const message = () => topic.notification(logged());

  it.each(['1', '2'])('is read when its signature of version %s is right', async (version) => {
    expect(await read(topic.wire(message(), { version }))).toEqual([delivered]);
    expect(await read(topic.wire({ ...message(), Subject: 'Delivery' }, { version }))).toEqual([delivered]);
  });

  it('may hold an event of End User Messaging, bare or from EventBridge', async () => {
    for (const event of [messagingEvent('TEXT_DELIVERED', ID), eventBridge(messagingEvent('TEXT_DELIVERED', ID))])
      expect(await read(topic.wire(topic.notification(event)))).toMatchObject([
        { providerMessageId: ID, status: 'delivered' },
      ]);
  });

  it('may be about something else', async () => {
    expect(await read(topic.wire(topic.notification('hello')))).toEqual([]);
  });

  it.each([
    ['another message', { Message: JSON.stringify(logged({ messageId: 'forged' })) }],
    ['another subject', { Subject: 'forged' }],
    ['another time', { Timestamp: new Date(Date.now() - 5_000).toISOString() }],
    ['another id', { MessageId: 'forged' }],
    ['another signature', { Signature: 'AAAA' }],
    ['no signature', { Signature: '' }],
    ['another version', { SignatureVersion: '1' }],
    ['an unknown version', { SignatureVersion: '3' }],
    ['a version of an inherited name', { SignatureVersion: 'constructor' }],
    ['another type', { Type: 'SubscriptionConfirmation' }],
    ['a type of an inherited name', { Type: 'constructor' }],
  ])('is refused with %s than was signed', async (_what, after) => {
    expect(await read(topic.wire(message(), { after }))).toBe('ReportRefused');
  });

  it('is refused when another key signed it', async () => {
    const forger = new FakeSnsTopic(ARN, signingPair('forger').key, CERT);
    expect(await read(forger.wire(forger.notification(logged())))).toBe('ReportRefused');
  });

  it('is refused of any topic but ours, before anything is fetched', async () => {
    const { read, asked } = reader();
    const arns = [`${ARN}x`, ARN.slice(0, -1), ARN.toUpperCase(), ARN.replace('1234', '9999'), '', `${ARN},${ARN}`];
    for (const arn of arns) {
      const other = new FakeSnsTopic(arn, signingPair().key, CERT);
      expect(await read(other.wire(other.notification(logged())))).toBe('ReportRefused');
    }
    expect(asked).toEqual([]);
  });

  it.each([-2 * HOUR_MS, -1.01 * HOUR_MS, 1.01 * HOUR_MS])('is refused %p ms off', async (off) => {
    const Timestamp = new Date(Date.now() + off).toISOString();
    expect(await read(topic.wire(topic.notification(logged(), { Timestamp })))).toBe('ReportRefused');
  });

  it.each(['', 'yesterday', '2026', String(Date.now())])('is refused at the time %p', async (Timestamp) => {
    expect(await read(topic.wire(topic.notification(logged(), { Timestamp })))).toBe('ReportRefused');
  });

  it('fits one reading only: lines of the canonical text cannot move into another member', async () => {
    const signed = { ...message(), MessageId: 'an-id', Subject: 'Delivery' };
    const moved = { MessageId: `${signed.MessageId}\nSubject\n${signed.Subject}` };
    const { body, headers } = topic.wire(signed, { after: moved });
    const without = { ...(JSON.parse(body.toString()) as Record<string, unknown>), Subject: undefined };
    expect(await read({ headers, body: Buffer.from(JSON.stringify(without)) })).toBe('ReportRefused');
  });

  it('is what was verified, however often a member is said', async () => {
    const { headers, body } = topic.wire(message());
    const forged = JSON.stringify(JSON.stringify(logged({ messageId: 'forged' })));
    const first = body.toString().replace('{', `{"Message":${forged},`);
    const last = body.toString().replace(/}$/, `,"Message":${forged}}`);
    expect(await read({ headers, body: Buffer.from(first) })).toEqual([delivered]);
    expect(await read({ headers, body: Buffer.from(last) })).toBe('ReportRefused');
  });

  it.each(['Message', 'MessageId', 'Timestamp', 'TopicArn', 'Type', 'Signature', 'SignatureVersion', 'SigningCertURL'])(
    'is refused when %s is missing or no text',
    async (name) => {
      const { headers, body } = topic.wire(message());
      for (const value of [undefined, null, 1, {}, [ARN], { toString: ARN }]) {
        const said = { ...(JSON.parse(body.toString()) as object), [name]: value };
        expect(await read({ headers, body: Buffer.from(JSON.stringify(said)) })).toBe('ReportRefused');
      }
    },
  );

  it.each(['', '[]', 'null', '"x"', '{', '{"__proto__":{"Type":"Notification"}}'])('is refused as %p', async (text) => {
    expect(await read({ ...topic.wire(message()), body: Buffer.from(text) })).toBe('ReportRefused');
  });

  it('is refused raw, without the envelope that is signed', async () => {
    const headers = { 'x-amz-sns-message-type': 'Notification', 'x-amz-sns-rawdelivery': 'true' };
    expect(await read({ headers, body: Buffer.from(JSON.stringify(logged())) })).toBe('ReportRefused');
  });

  it.each([
    ['for another name', () => signingPair('sns.amazonaws.com.evil.com'), 0],
    ['with a key that SNS does not use', () => signingPair('sns.amazonaws.com', 'ec'), 0],
    ['for a server', () => selfSigned(), 0],
    ['that has run out', () => signingPair(), 3 * 24 * HOUR_MS],
    ['that is not valid yet', () => signingPair(), -24 * HOUR_MS],
  ])('is refused with a certificate %s', async (_what, pair, laterMs) => {
    const now = () => new Date(Date.now() + laterMs);
    const signer = new FakeSnsTopic(ARN, pair().key, CERT);
    const wire = signer.wire(signer.notification(logged(), { Timestamp: now().toISOString() }));
    expect(await reader({ pem: async () => pair().cert, now }).read(wire)).toBe('ReportRefused');
  });

  it('may be signed in a region with a certificate of its own', async () => {
    const pair = signingPair('sns-signing.af-south-1.amazonaws.com');
    const regional = new FakeSnsTopic(ARN, pair.key, CERT);
    expect(await reader({ pem: async () => pair.cert }).read(regional.wire(regional.notification(logged())))).toEqual([
      delivered,
    ]);
  });

  it('is to be sent again while the certificate cannot be had', async () => {
    for (const pem of [() => Promise.reject(new Error('down')), async () => 'no certificate'])
      expect(await reader({ pem }).read(topic.wire(message()))).toBe('Error unavailable');
  });

  it('has its certificate fetched once, for many at a time and after another', async () => {
    const { read, asked } = reader();
    await Promise.all(Array.from({ length: 20 }, () => read(topic.wire(message()))));
    await read(topic.wire(message()));
    expect(asked).toEqual([CERT]);
  });

  const urlOf = (n: number) => CERT.replace('0123', n.toString(16).padStart(4, '0'));
  const signedAt = (url: string) => {
    const at = new FakeSnsTopic(ARN, signingPair().key, url);
    return at.wire(at.notification(logged()));
  };

  it('cannot fill the memory with certificates', async () => {
    const { read, asked } = reader();
    for (let n = 0; n < 11; n++) await read(signedAt(urlOf(n)));
    await read(signedAt(urlOf(10)));
    expect(asked).toHaveLength(11);
    await read(signedAt(urlOf(0))); // the oldest had to go
    expect(asked).toHaveLength(12);
  });

  it('cannot make us ask for many certificates at once', async () => {
    const { read, asked } = reader({ pem: () => new Promise(() => undefined) });
    const answers = Array.from({ length: 50 }, (_, n) => read(signedAt(urlOf(n))));
    const refused = await Promise.all(answers.slice(4));
    expect(new Set(refused)).toEqual(new Set(['Error unavailable']));
    expect(asked).toHaveLength(4);
  });
});

describe('a confirmation of an SNS subscription', () => {
  const topic = new FakeSnsTopic(ARN, signingPair().key, CERT);
  let sns: FakeSns;
  beforeEach(async () => void (sns = await FakeSns.start()));
  afterEach(() => sns.close());

  it('is given by the API', async () => {
    const { read } = reader({}, sns.url);
    expect(await read(topic.wire(topic.confirmation(`${sns.url}/subscribe`, 'the-token')))).toEqual([]);
    expect(sns.confirmations).toEqual([{ topicArn: ARN, token: 'the-token' }]);
    expect(sns.faults).toEqual([]);
  });

  it.each([
    ['the token', { Token: 'forged' }],
    ['the address', { SubscribeURL: 'https://evil.example' }],
    ['a line end in the token', { Token: 'the\ntoken' }],
  ])('is not given when %s is forged', async (_what, after) => {
    expect(await reader({}, sns.url).read(topic.wire(topic.confirmation('https://x', 'the-token'), { after }))).toBe(
      'ReportRefused',
    );
    expect(sns.confirmations).toEqual([]);
  });

  it('is asked for again when SNS does not answer', async () => {
    sns.down();
    expect(await reader({}, sns.url).read(topic.wire(topic.confirmation('https://x', 'the-token')))).toBe(
      'Error unavailable',
    );
  });

  it('is not given again for an end of the subscription', async () => {
    const { read } = reader({}, sns.url);
    expect(await read(topic.wire(topic.confirmation('https://x', 'the-token', 'UnsubscribeConfirmation')))).toEqual([]);
    expect(sns.confirmations).toEqual([]);
  });
});
