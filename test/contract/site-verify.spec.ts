import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { startCluster, type Cluster } from '../setup/instances.js';

/** A fake siteverify: what it was asked, and what it says. */
const asked: URLSearchParams[] = [];
let say: (token: string | null) => { status: number; body: string };
let server: Server;
let url: string;
let cluster: Cluster;

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      const form = new URLSearchParams(text);
      asked.push(form);
      const { status, body } = say(form.get('response'));
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/siteverify`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const phone = (n: number) => `+44740012${String((n * 1_009) % 10_000).padStart(4, '0')}`;
const start = (n: number, token?: string) =>
  cluster.instances[0].verifications
    .start({ phone: phone(n), purpose: 'verification', channel: 'sms', ...(token && { challenge: { token } }) })
    .then(
      () => 'sent',
      (error: { code?: string }) => error.code ?? 'a bug',
    );

describe.each(['turnstile', 'hcaptcha'])('%s', (CHALLENGE_PROVIDER) => {
  beforeAll(async () => {
    cluster = await startCluster(1, {
      ...{ FRAUD_MODE: 'challenge', CHALLENGE_PROVIDER, CHALLENGE_SECRET: 'the secret', CHALLENGE_SITE_KEY: 'site-1' },
      CHALLENGE_URL: url,
    });
    for (let n = 0; n < 10; n++) await start(n);
  });
  afterAll(() => cluster.close());
  beforeEach(() => {
    asked.length = 0;
    say = (token) => ({ status: 200, body: JSON.stringify({ success: token?.startsWith('good') }) });
  });
  const texts = () => cluster.twilio.ledger.length + cluster.sns.ledger.length;

  it('lets one text through for each token that it vouches for', async () => {
    const before = texts();
    expect(await start(20)).toBe('CHALLENGE_REQUIRED');
    expect(await start(20, 'bad')).toBe('CHALLENGE_REQUIRED');
    const at_once = await Promise.all(Array.from({ length: 8 }, () => start(20, 'good-1')));
    expect(at_once.filter((outcome) => outcome === 'sent')).toHaveLength(1);
    expect(texts()).toBe(before + 1);
    expect(asked.map((form) => form.get('secret'))).toEqual(asked.map(() => 'the secret'));
  });

  it.each([
    ['is down', () => ({ status: 503, body: '' })],
    ['answers no JSON', () => ({ status: 200, body: '<html>' })],
    ['answers no verdict', () => ({ status: 200, body: '{"success": "true"}' })],
    ['answers without end', () => ({ status: 200, body: ' '.repeat(200_000) + '{"success": true}' })],
  ])('sends nothing when it %s', async (_, answer) => {
    const before = texts();
    say = answer;
    expect(await start(21, 'good-2')).toBe('CHALLENGE_UNAVAILABLE');
    expect(texts()).toBe(before);
  });
});
