import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { startApp, type TestApp } from '../setup/app.js';
import { freePort } from '../setup/free-port.js';
import { codeIn } from '../setup/instances.js';
import { twilioEnv } from '../setup/process.js';
import { FakeCarrier, FakeSmsc, FakeTwilio, Kannel } from '../support/index.js';
import { eventually, kannelEnv, withKannel } from './kannel-setup.js';

const SECRET = 'a shared secret of more than 32 characters';
/** As `docs/kannel.md` says. */
const DLR = '&dlr-mask=31&dlr-url={reportUrl}%26status%3D%25d';

withKannel('the program and the delivery reports of a real Kannel', () => {
  let kannel: Kannel;
  let smsc: FakeSmsc;
  let carrier: FakeCarrier;
  let twilio: FakeTwilio;
  let app: TestApp;
  let phones = 0;
  /** The status in each report that came to the program. */
  let heard: (string | null)[];

  beforeAll(async () => {
    carrier = await FakeCarrier.start();
    twilio = await FakeTwilio.start();
    kannel = await Kannel.start(carrier.url);
    smsc = await FakeSmsc.connect(kannel.ports.smsc);
    await kannel.until(/fake\[fake\].*online/);
  });
  beforeEach(() => {
    carrier.ledger.length = twilio.ledger.length = 0;
    heard = [];
  });
  afterAll(async () => {
    await smsc.close();
    await kannel.close();
    await twilio.close();
    await carrier.close();
  });

  async function startWith(providers: string, link = ''): Promise<void> {
    const port = String(await freePort());
    app = await startApp({
      ...kannelEnv(kannel, link + DLR),
      ...twilioEnv(twilio),
      SMS_PROVIDERS: providers,
      SMS_WEBHOOK_SECRET: SECRET,
      PUBLIC_BASE_URL: `http://127.0.0.1:${port}`,
      PORT: port,
    });
    app.app.getHttpServer().on('request', ({ url = '' }: IncomingMessage) => {
      if (url.startsWith('/v1/webhooks/')) heard.push(new URL(url, app.url).searchParams.get('status'));
    });
  }

  const newPhone = () => `+1212555${1_000 + phones++}`;
  const start = async (phone = newPhone()) => (await app.call('POST', '/v1/verifications', { phone })).body;
  const read = async (path: string) => (await app.call('GET', path)).body;
  /** What the verification says once it says one of `ends`. */
  async function ended(id: string, ...ends: string[]): Promise<string> {
    for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(50)) {
      const { delivery } = await read(`/v1/verifications/${id}`);
      if (ends.includes(delivery)) return delivery;
    }
    throw new Error(`never ${ends.join(' or ')}`);
  }
  /** Of the newest text; UCS-2 has a zero before each digit. */
  const carriedCode = () => /\d{6}/.exec(carrier.ledger.at(-1)?.get('text')?.replaceAll('\0', '') ?? '')?.[0];
  /** A text that the carrier has taken. */
  async function taken() {
    const started = await start();
    expect(await ended(started.id, 'sent')).toBe('sent');
    return started;
  }

  describe('of its fake SMSC', () => {
    beforeAll(() => startWith('http,twilio'));
    afterAll(() => app.close());

    it('show a text as delivered, once, and heard the first time', async () => {
      const phone = newPhone();
      const started = await start(phone);
      expect(await ended(started.id, 'delivered')).toBe('delivered');
      const message = await read(`/v1/messages/${started.messageId}`);
      expect(message).toMatchObject({
        status: 'delivered',
        attempts: [{ provider: 'http', outcome: 'accepted', report: 'delivered', reportedAt: expect.any(String) }],
      });
      await sleep(2_500); // http-queue-delay is 1 s: what was not heard would have come again
      expect(heard.sort()).toEqual(['1', '8']);
      expect([message.attempts.length, twilio.ledger.length]).toEqual([1, 0]);
      expect(smsc.ledger.filter(({ to }) => to === phone)).toHaveLength(1);
      expect(app.log()).not.toMatch(/token=|was refused|2125551/);
    });
  });

  describe('of a carrier, with a second provider', () => {
    beforeAll(() => startWith('http,twilio', '&smsc=carrier'));
    afterAll(() => app.close());

    it('that the phone is off for now change nothing, until it has the text', async () => {
      const started = await taken();
      await carrier.report(4, 'buffered');
      await sleep(500);
      expect(await ended(started.id, 'sent')).toBe('sent');
      await carrier.report(1, 'delivered');
      expect(await ended(started.id, 'delivered')).toBe('delivered');
      expect([carrier.ledger.length, twilio.ledger.length]).toEqual([1, 0]);
    });

    it.each([
      [2, 'not delivered'],
      [34, 'expired'],
      [66, 'unknown to the network'],
    ])('of %d, %s, send the same code there, once', async (status, words) => {
      const started = await taken();
      await carrier.report(status, words);
      await eventually('the follow-up', () => twilio.ledger.length > 0);
      await sleep(1_500);
      expect([carrier.ledger.length, twilio.ledger.length]).toEqual([1, 1]);
      expect(codeIn(twilio.ledger[0]?.body)).toBe(carriedCode());
      expect(await read(`/v1/messages/${started.messageId}`)).toMatchObject({
        attempts: [
          { provider: 'http', report: 'undelivered' },
          { provider: 'twilio', followUp: true },
        ],
      });
    });

    it('of 16, refused, send the same code there, once', async () => {
      carrier.answer = { status: 400, body: 'no such subscriber' };
      const started = await start();
      await eventually('the follow-up', () => twilio.ledger.length > 0);
      carrier.answer = { status: 202, body: '0: Accepted for delivery' };
      await sleep(1_500);
      expect([carrier.ledger.length, twilio.ledger.length]).toEqual([1, 1]);
      expect(codeIn(twilio.ledger[0]?.body)).toBe(carriedCode());
      expect(await read(`/v1/messages/${started.messageId}`)).toMatchObject({
        attempts: [
          { provider: 'http', report: 'failed' },
          { provider: 'twilio', followUp: true },
        ],
      });
    });
  });

  describe('of a carrier, with nobody else to ask', () => {
    beforeAll(() => startWith('http', '&smsc=carrier'));
    afterAll(() => app.close());

    it('that a text did not arrive show it as undelivered', async () => {
      const started = await taken();
      await carrier.report(2, 'not delivered');
      expect(await ended(started.id, 'undelivered')).toBe('undelivered');
      expect(await read(`/v1/messages/${started.messageId}`)).toMatchObject({
        status: 'undelivered',
        attempts: [{ provider: 'http', outcome: 'accepted', report: 'undelivered' }],
      });
      expect(twilio.ledger).toEqual([]);
    });
  });
});
