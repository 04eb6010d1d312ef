import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { Webhook } from 'standardwebhooks';

import { adminKey, becomeAdmin } from '../setup/admin.js';
import { startApp, type TestApp } from '../setup/app.js';
import { twilioEnv } from '../setup/process.js';
import { FakeTwilio } from '../support/index.js';

let app: TestApp;
let twilio: FakeTwilio;
beforeEach(async () => void (twilio = await FakeTwilio.start()));
afterEach(async () => {
  await app.close();
  await twilio.close();
});

/** As a client would: tries nonces until the hash begins with as many zero bits. */
function solve({ seed, bits }: { readonly seed: string; readonly bits: number }) {
  for (let nonce = 0; ; nonce++) {
    const hash = createHash('sha256').update(`${seed}:${nonce}`).digest();
    if (hash.readUInt32BE() >>> (32 - bits) === 0) return { seed, nonce: String(nonce) };
  }
}

describe('a login while its destination is being pumped', () => {
  const numbers = Array.from({ length: 12 }, (_, index) => `+1212555${1_000 + index * 100}`);

  it('asks for a challenge, and goes on once it is solved', async () => {
    app = await startApp({
      ...twilioEnv(twilio),
      FRAUD_MODE: 'challenge',
      CHALLENGE_BITS: '10',
      TRUSTED_PROXIES: '127.0.0.1',
    });
    const start = (phone: string, index: number, more: object = {}) =>
      app.call('POST', '/v1/auth/phone/start', { phone, ...more }, { 'x-forwarded-for': `198.51.${index}.1` });
    let refused = await start(numbers[0]!, 0);
    let phone = numbers[0]!;
    for (let index = 1; refused.status === 201 && index < numbers.length; index++) {
      phone = numbers[index]!;
      refused = await start(phone, index);
    }
    expect([refused.status, refused.body.code]).toEqual([403, 'CHALLENGE_REQUIRED']);
    const before = twilio.ledger.length;
    const challenge = solve(refused.body.challenge);
    expect((await start(phone, 100, { challenge })).status).toBe(201);
    expect(twilio.ledger).toHaveLength(before + 1);
    expect((await start(phone, 101, { challenge })).body.code).toBe('CHALLENGE_REQUIRED');
  });
});

describe('operators', () => {
  let receiver: Server;
  const received: { readonly headers: Record<string, string>; readonly body: string }[] = [];
  beforeEach(async () => {
    received.length = 0;
    receiver = createServer((request, answer) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        received.push({ headers: request.headers as Record<string, string>, body });
        answer.writeHead(204).end();
      });
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
  });
  afterEach(() => receiver.close());

  it('are told by webhook and metric when half of what a day may cost is held', async () => {
    app = await startApp({
      ...twilioEnv(twilio),
      SMS_DAILY_COST_LIMIT: '0.10',
      SMS_COST_SHARE_FOR_KNOWN: '0',
      WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8',
    });
    const key = app.key;
    await becomeAdmin(app);
    const { port } = receiver.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/hook`;
    const { secret } = (await app.call('POST', '/v1/webhook-endpoints', { url, events: ['spend.threshold'] })).body;
    for (let index = 0; index < 20; index++) {
      const phone = `+1212555${2_000 + index}`;
      await app.call('POST', '/v1/verifications', { phone }, { authorization: `Bearer ${key}` });
    }
    for (const end = performance.now() + 30_000; received.length === 0 && performance.now() < end; ) await sleep(100);
    const event = new Webhook(secret as string).verify(received[0]!.body, received[0]!.headers) as { type: string };
    expect(event.type).toBe('spend.threshold');
    const metrics = await app.call('GET', '/metrics');
    expect(metrics.body).toMatch(/^sixdigit_alerts_total\{type="spend\.threshold"\} [1-9]/m);
    expect((await app.call('GET', '/v1/admin/spend')).body).toMatchObject({ capUsd: 0.1, heldUsd: 0.078 });
  });

  it('see what the guard thinks of a country, and no key of a backend does', async () => {
    app = await startApp({ ...twilioEnv(twilio) });
    for (const path of ['/v1/admin/fraud', '/v1/admin/spend', '/metrics']) {
      expect((await app.call('GET', path)).status).toBe(403);
      const headers = { authorization: `Bearer ${await adminKeyOnce()}` };
      expect((await app.call('GET', path, undefined, headers)).status).toBe(200);
    }
  });

  let made: Promise<string> | undefined;
  const adminKeyOnce = () => (made ??= adminKey(app));
});
