import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

import { PhoneNumber } from '../../src/kernel/index.js';
import {
  hasSenders,
  isClosable,
  isPingable,
  MockProvider,
  TwilioProvider,
  OUTCOME,
  ProviderError,
  type ProviderFault,
  type SmsMessage,
  type SmsProvider,
} from '../../src/sms/index.js';
import { FakeTwilio, languageIn, selfSigned, type Behaviour, type FakeProvider } from '../support/index.js';
import { ADAPTERS, type Adapter } from './adapters.js';

const DEADLINE_MS = 600;
const phone = PhoneNumber.parse('+14155552671');
const messageBy = (channel?: Adapter['channel']): SmsMessage => ({
  to: phone,
  ...(channel && { channel, code: '012345', locale: 'en' }),
  body: '012345 is your Sixdigit code & more: é+%',
  validForSecs: 600,
  attemptId: randomUUID(),
});

const sending =
  (channel?: Adapter['channel']) =>
  (provider: SmsProvider, ms = DEADLINE_MS) =>
    provider.send(messageBy(channel), AbortSignal.timeout(ms));
const send = sending();
const faultOf = async (work: Promise<unknown>): Promise<ProviderFault | 'accepted'> => {
  try {
    await work;
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(ProviderError);
    expect((error as Error).message).not.toMatch(/4155552671|012345|test-token|fake-secret|gateway-key/);
    return (error as ProviderError).fault;
  }
};

/** A port at which nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The rows in which the text may be out: behaviour of the provider, and whether its ledger then has the message. */
const UNKNOWN: readonly (readonly [string, Behaviour, boolean])[] = [
  ['accepts, then answers 500', { kind: 'accept-then-status', status: 500 }, true],
  ['accepts, then answers 502', { kind: 'accept-then-status', status: 502 }, true],
  ['answers 503', { kind: 'status', status: 503 }, false],
  ['accepts, then is silent', { kind: 'accept-then-silence' }, true],
  ['accepts, then resets the connection', { kind: 'accept-then-reset' }, true],
  ['resets in mid-body', { kind: 'reset-mid-body' }, true],
  ['dribbles its answer (slow loris)', { kind: 'slow-loris' }, true],
  ['answers 200 with HTML', { kind: 'html' }, true],
  ['answers with 100 MB', { kind: 'huge-body' }, true],
  ['answers with a gzip bomb', { kind: 'gzip-bomb' }, true],
  ['names a malformed message id', { kind: 'bad-id' }, true],
  ['answers nothing at all', { kind: 'blackhole' }, false],
];

const TITLED = ADAPTERS.map((adapter) => ({
  ...adapter,
  title: [adapter.name, adapter.channel].filter(Boolean).join(' '),
}));

describe.each(TITLED)('$title adapter', ({ name, channel, reads, start, at, stranger, rejections }) => {
  const message = () => messageBy(channel);
  const send = sending(channel);
  let fake: FakeProvider;
  let provider: SmsProvider;

  beforeEach(async () => {
    fake = await start();
    provider = at(fake.url);
  });

  afterEach(async () => {
    if (isClosable(provider)) await provider.close();
    await fake.close();
  });

  it('hands over the very text, and returns the id in the ledger', async () => {
    const sent = message();
    const { providerMessageId } = await provider.send(sent, AbortSignal.timeout(5_000));
    expect(fake.ledger).toHaveLength(1);
    const body = reads?.(sent) ?? sent.body;
    expect(fake.ledger[0]).toMatchObject({ id: providerMessageId, to: phone.e164, body });
    if (channel) expect(fake.ledger[0]).toMatchObject({ channel });
    expect(fake.faults).toEqual([]);
  });

  it('sends under the sender that a text names, if its senders are ours to name', async () => {
    await provider.send({ ...message(), sender: '+12065550100' }, AbortSignal.timeout(5_000));
    // WhatsApp messages and calls go out under a number of their own.
    const isOurs = hasSenders(provider) && (message().channel ?? 'sms') === 'sms';
    if (isOurs) expect(fake.ledger[0]?.from).toBe('+12065550100');
    else expect(fake.ledger[0]?.from).not.toBe('+12065550100');
    expect(fake.faults).toEqual([]);
  });

  it('survives every character', async () => {
    const body = [
      '€ç😀',
      '𝒳\u0000\u001f'.replace(/\p{Cc}/gu, ''),
      '"\\ \n\t{to}{text}',
      "<&>'",
      '\ud800 lone',
      '%00+&=;',
    ].join(' ');
    const { code: _, ...text } = message();
    await provider.send({ ...text, body }, AbortSignal.timeout(5_000));
    expect(fake.ledger[0]?.body).toBe(Buffer.from(body).toString());
  });

  it.each(UNKNOWN)(
    'calls the outcome unknown when the provider %s, within its deadline',
    async (_, behaviour, accepted) => {
      await send(provider, 5_000); // a connection is there
      fake.behave(behaviour);
      const started = performance.now();
      const fault = await faultOf(send(provider));
      expect(fault).toBe('unconfirmed');
      expect(performance.now() - started).toBeLessThan(DEADLINE_MS + 400);
      expect(fake.ledger).toHaveLength(accepted ? 2 : 1);
      expect(fake.requests).toBe(2);
      expect(fake.bytesStreamed).toBeLessThan(20_000_000);
    },
  );

  it('follows no redirect to another host, and calls the outcome unknown', async () => {
    const other = await start();
    fake.behave({ kind: 'redirect', location: `${other.url}/elsewhere` });
    expect(await faultOf(send(provider))).toBe('unconfirmed');
    expect(other.requests + other.faults.length).toBe(0);
    await other.close();
  });

  it('knows that nothing was sent when the connection is refused', async () => {
    expect(await faultOf(send(at(`http://127.0.0.1:${await deadPort()}`)))).toBe('unreachable');
  });

  it('knows that nothing was sent when the name is unknown', async () => {
    expect(await faultOf(send(at('http://nowhere.invalid'), 10_000))).toBe('unreachable');
  });

  it('knows that nothing was sent when TLS fails', async () => {
    const secure = await start({ tls: selfSigned() });
    expect(await faultOf(send(at(secure.url)))).toBe('unreachable');
    expect(secure.requests).toBe(0);
    await secure.close();
  });

  it('knows that nothing was sent when it was given up before it began', async () => {
    expect(await faultOf(provider.send(message(), AbortSignal.abort()))).toBe('unreachable');
    expect(fake.requests).toBe(0);
  });

  it('knows that nothing was sent when it was given up while connecting', async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1'); // never shakes hands
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    expect(await faultOf(send(at(`https://127.0.0.1:${port}`), 300))).toBe('unreachable');
    sockets.forEach((socket) => socket.destroy());
    mute.close();
  });

  it('is told apart from others by its credentials', async () => {
    expect(await faultOf(send(stranger(fake.url), 5_000))).toBe('misconfigured');
    expect(fake.ledger).toHaveLength(0);
  });

  const rows = Object.entries(rejections).flatMap(([fault, behaviours]) =>
    behaviours.map((behaviour) => [fault, JSON.stringify(behaviour), behaviour] as const),
  );
  it.each(rows)('reads as %s: %s', async (fault, _, behaviour) => {
    fake.behave(behaviour);
    expect(await faultOf(send(provider, 5_000))).toBe(fault);
    expect(OUTCOME[fault as ProviderFault]).not.toBe('unknown');
    expect(fake.ledger).toHaveLength(0);
  });

  it('sends once more over a fresh connection after the old one died, and never the same text twice', async () => {
    await send(provider, 5_000);
    fake.behave({ kind: 'accept-then-reset' }, 1);
    expect(await faultOf(send(provider))).toBe('unconfirmed');
    expect(await faultOf(send(provider, 5_000))).toBe('accepted');
    expect(fake.requests).toBe(3);
  });

  it('keeps connections alive', async () => {
    for (let i = 0; i < 20; i++) await send(provider, 5_000);
    expect(fake.peakSockets).toBeLessThanOrEqual(2); // the next may begin a tick before the last is put back
  });

  it('has 512 sends in flight at once', async () => {
    fake.behave({ kind: 'latency', ms: 4_000 });
    await Promise.all(Array.from({ length: 512 }, () => send(provider, 15_000)));
    expect(fake.ledger).toHaveLength(512);
    expect(fake.peakInFlight).toBe(512);
  });

  it('pings without sending anything', async () => {
    if (!isPingable(provider)) throw new Error('every fake has something to ping');
    expect(await faultOf(provider.ping(AbortSignal.timeout(5_000)))).toBe('accepted');
    fake.pingsFail = true;
    expect(await faultOf(provider.ping(AbortSignal.timeout(5_000)))).toBe('unconfirmed');
    expect([fake.requests, fake.pings]).toEqual([0, 2]);
  });

  it('shows no secret when it is printed', async () => {
    const { inspect } = await import('node:util');
    expect(`${inspect(provider, { depth: 1 })} ${JSON.stringify(provider)}`).not.toMatch(
      /test-token|fake-secret|gateway-key/,
    );
    expect(provider.name).toBe(name);
  });
});

describe('Twilio adapter', () => {
  it('says which channels it is set up for', () => {
    expect(ADAPTERS[0]!.at('http://127.0.0.1:1')).toMatchObject({ channels: ['sms', 'whatsapp', 'voice'] });
    const sender = { from: '+15005550006' };
    const texts = new TwilioProvider({ accountSid: `AC${'0'.repeat(32)}`, authToken: 'x', sender });
    expect(texts.channels).toEqual(['sms']);
  });

  it.each([
    ['pt-BR', `HX${'1'.repeat(32)}`],
    ['pt', `HX${'1'.repeat(32)}`],
    ['en-GB', `HX${'0'.repeat(32)}`],
    ['xx', `HX${'0'.repeat(32)}`],
    [undefined, `HX${'0'.repeat(32)}`],
  ])('takes the WhatsApp template for %s', async (locale, contentSid) => {
    const fake = await FakeTwilio.start();
    await ADAPTERS[0]!.at(fake.url).send({ ...messageBy('whatsapp'), locale }, AbortSignal.timeout(5_000));
    expect(fake.ledger[0]?.fields).toMatchObject({
      To: `whatsapp:${phone.e164}`,
      From: 'whatsapp:+15005550006',
      ContentSid: contentSid,
      ContentVariables: '{"1":"012345"}',
    });
    expect(fake.ledger[0]?.fields.Body).toBeUndefined();
    await fake.close();
  });

  it.each([
    ['de-CH', 'de-DE', 'Ihr Code lautet: 012345.'],
    ['pt_BR', 'pt-BR', 'Seu código é: 012345.'],
    ['tlh', 'en-US', 'Your code is: 012345.'],
  ])('reads a code out in %s', async (locale, language, heard) => {
    const fake = await FakeTwilio.start();
    await ADAPTERS[0]!.at(fake.url).send({ ...messageBy('voice'), locale }, AbortSignal.timeout(5_000));
    const { Twiml = '' } = fake.ledger[0]?.fields ?? {};
    expect([languageIn(Twiml), fake.ledger[0]?.body]).toEqual([language, heard]);
    expect(Twiml.split('0, 1, 2, 3, 4, 5').length - 1).toBe(3);
    await fake.close();
  });

  it('calls nobody with a text that is too long to be said', async () => {
    const fake = await FakeTwilio.start();
    const { code: _, ...text } = messageBy('voice');
    const long = { ...text, body: '<'.repeat(1_000) };
    expect(await faultOf(ADAPTERS[0]!.at(fake.url).send(long, AbortSignal.timeout(5_000)))).toBe('refused');
    expect(fake.requests).toBe(0);
    await fake.close();
  });

  it('reads a suspended account as misconfigured, though it answers', async () => {
    const fake = await FakeTwilio.start();
    const provider = ADAPTERS[0]!.at(fake.url) as SmsProvider & { ping(signal: AbortSignal): Promise<void> };
    fake.accountStatus = 'suspended';
    expect(await faultOf(provider.ping(AbortSignal.timeout(5_000)))).toBe('misconfigured');
    expect(await faultOf(send(provider, 5_000))).toBe('misconfigured');
    await fake.close();
  });

  it.each([
    ['21212', true],
    ['21606', true],
    ['21660', true],
    ['21612', false],
    ['21610', false],
    ['21611', false],
  ])('says of %s whether it is about the sender alone: %s', async (code, isSenders) => {
    const fake = await FakeTwilio.start();
    fake.behave({ kind: 'reject', code });
    await expect(send(ADAPTERS[0]!.at(fake.url), 5_000)).rejects.toMatchObject({ isSenders });
    await fake.close();
  });

  it('asks for no longer validity than the code has', async () => {
    const fake = await FakeTwilio.start();
    await send(ADAPTERS[0]!.at(fake.url), 5_000);
    expect(fake.ledger[0]?.validitySecs).toBe(600);
    await fake.close();
  });
});

describe('mock adapter', () => {
  const message = messageBy;

  it('keeps what it got, and fails as it is told', async () => {
    const provider = new MockProvider();
    provider.failNext('throttled');
    expect(await faultOf(send(provider))).toBe('throttled');
    expect(await faultOf(send(provider))).toBe('accepted');
    expect(await faultOf(provider.send(message(), AbortSignal.abort()))).toBe('unreachable');
    expect(provider.sent).toHaveLength(1);
  });

  it('keeps the newest 500', async () => {
    const provider = new MockProvider();
    for (let i = 0; i < 510; i++) await send(provider);
    expect(provider.sent).toHaveLength(500);
  });
});
