import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { readConfig } from '../../src/config/index.js';
import { PhoneNumber, type Source } from '../../src/kernel/index.js';
import { isClosable, isPingable, type ProviderError, type SmsProvider } from '../../src/sms/index.js';
import { startApp } from '../setup/app.js';
import { twilioEnv } from '../setup/process.js';
import {
  FAKESMSC,
  FakeCarrier,
  FakeSmsc,
  FakeTwilio,
  Kannel,
  missingKannel,
  ReportListener,
} from '../support/index.js';

const NUMBER = '+14155552671';
const NO_ROUTE = '+4930901820';
const installed = missingKannel.length === 0;
const withKannel = installed ? describe : describe.skip;
const title = (name: string) => (installed ? name : `${name} (not installed: ${missingKannel.join(' ')})`);

/** As `docs/kannel.md` says; `query` comes on top. */
const kannelEnv = (kannel: Kannel, query = ''): Source => ({
  SMS_HTTP_METHOD: 'GET',
  SMS_HTTP_URL: `${kannel.sendsmsUrl}&from={from}&to={to}&text={text}&charset=UTF-8&coding=2&validity={validForMins}${query}`,
  SMS_HTTP_SENDER: 'Sixdigit',
  SMS_HTTP_SUCCESS_PATTERN: '^0: Accepted',
  SMS_HTTP_REFUSAL_PATTERN: '^(Not routable|Temporal failure)',
  SMS_HTTP_PING_URL: kannel.statusUrl,
  SMS_HTTP_PING_PATTERN: 'smsbox:[^]*on-line[^]*\\(online',
});

const open: SmsProvider[] = [];

/** Made by the program's own way from environment to adapter. */
function providerOf(env: Source): SmsProvider {
  const [configured] = readConfig({ NODE_ENV: 'test', DATA_DIR: tmpdir(), API_KEYS: `a:${'k'.repeat(24)}`, ...env }).sms
    .providers;
  if (configured?.definition.name !== 'http') throw new Error('not configured');
  const provider = configured.definition.create(configured.env);
  open.push(provider);
  return provider;
}

async function send(provider: SmsProvider, body = '012345 is your code', to = NUMBER, ms = 5_000): Promise<string> {
  const message = { to: PhoneNumber.parse(to), body, validForSecs: 600, attemptId: randomUUID() };
  try {
    const { providerMessageId } = await provider.send(message, AbortSignal.timeout(ms));
    expect(providerMessageId).toBe(message.attemptId);
    return 'accepted';
  } catch (error) {
    expect((error as Error).message).not.toMatch(/012345|4155552671|secret/);
    return (error as ProviderError).fault;
  }
}

async function pingOf(provider: SmsProvider): Promise<string> {
  if (!isPingable(provider)) throw new Error('there is a ping URL');
  return provider.ping(AbortSignal.timeout(5_000)).then(
    () => 'accepted',
    (error: ProviderError) => error.fault,
  );
}

/** @throws when `read` is still undefined or false after 10 s */
async function eventually<T>(what: string, read: () => T | undefined | false): Promise<T> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(20)) {
    const value = read();
    if (value !== undefined && value !== false) return value;
  }
  throw new Error(`never came: ${what}`);
}

withKannel(title('http adapter and a real Kannel'), () => {
  let kannel: Kannel;
  let smsc: FakeSmsc;

  beforeAll(async () => {
    kannel = await Kannel.start();
  });
  beforeEach(async () => {
    smsc = await FakeSmsc.connect(kannel.ports.smsc);
    await kannel.until(/fake\[fake\].*online/);
  });
  afterEach(async () => {
    for (const provider of open.splice(0)) if (isClosable(provider)) await provider.close();
    await smsc.close();
    await kannel.until(/fake\[fake\].*connecting/);
  });
  afterAll(() => kannel.close());

  it.each([
    ['plain', '012345 is your Sixdigit code. It expires in 10 min. Do not share it.', 1],
    ['what a URL is made of', 'a&b=c+d%25e#f?g "h" {to}', 1],
    ['umlauts, other scripts and emoji', 'Grüße: ç € Код 验证码 😀', 1],
    ['several lines', '012345 is your code.\n\n@example.com #012345', 1],
    ['more than 160 characters', 'x'.repeat(159) + ' 012345 is the end', 3],
    ['emoji, a pair cut in two', 'ü😀'.repeat(50), 3],
  ])('brings the very text to the phone: %s', async (_, body, parts) => {
    expect(await send(providerOf(kannelEnv(kannel)), body)).toBe('accepted');
    const [text] = await eventually('the text', () => smsc.ledger.length > 0 && smsc.ledger);
    expect(text).toEqual({ from: 'Sixdigit', to: NUMBER, body, parts });
    expect([smsc.ledger.length, smsc.faults]).toEqual([1, []]);
  });

  it('sends 160 characters of GSM-7 in one part with coding=0, and loses what that alphabet has not', async () => {
    const env = kannelEnv(kannel);
    const provider = providerOf({ ...env, SMS_HTTP_URL: env.SMS_HTTP_URL?.replace('coding=2', 'coding=0') });
    const body = 'Grüße, é, €: 012345 '.padEnd(159, 'x');
    await send(provider, body);
    await send(provider, '012345 for Café ☕');
    const ledger = await eventually('both', () => smsc.ledger.length === 2 && smsc.ledger);
    expect(ledger.map((text) => [text.body, text.parts])).toEqual([
      [body, 1],
      [expect.stringMatching(/^012345 for Café \?+$/), 1],
    ]);
  });

  it('reads a wrong password as misconfigured', async () => {
    const env = kannelEnv(kannel);
    const stranger = providerOf({ ...env, SMS_HTTP_URL: env.SMS_HTTP_URL?.replace('=secret', '=wrong') });
    expect(await send(stranger)).toBe('misconfigured');
    await sleep(200);
    expect(smsc.ledger).toEqual([]);
  });

  it.each([
    ['that it has no route to', '', NO_ROUTE],
    ['that it cannot read', '&to=abc', NUMBER],
  ])('reads a number %s as refused, which is no fault of the gateway', async (_, query, to) => {
    const env = kannelEnv(kannel);
    const provider = providerOf({
      ...env,
      SMS_HTTP_URL: query ? env.SMS_HTTP_URL?.replace('&to={to}', query) : env.SMS_HTTP_URL,
    });
    expect(await send(provider, '012345', to)).toBe('refused');
    await sleep(200);
    expect(smsc.ledger).toEqual([]);
  });

  it('is unconfirmed while bearerbox hangs: the text does come afterwards', async () => {
    const provider = providerOf(kannelEnv(kannel));
    kannel.signal('bearerbox', 'SIGSTOP');
    try {
      expect(await send(provider, '012345', NUMBER, 600)).toBe('unconfirmed');
    } finally {
      kannel.signal('bearerbox', 'SIGCONT');
    }
    await eventually('the text', () => smsc.ledger.length === 1);
  });

  it('shows the same text to the fakesmsc of Kannel itself', async () => {
    await smsc.close();
    await kannel.until(/fake\[fake\].*connecting/);
    const theirs = spawn(FAKESMSC, [
      '-v',
      '0',
      '-H',
      '127.0.0.1',
      '-r',
      String(kannel.ports.smsc),
      '-m',
      '0',
      'unused',
    ]);
    try {
      let said = '';
      for (const stream of [theirs.stdout, theirs.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
      await kannel.until(/fake\[fake\].*online/);
      const env = kannelEnv(kannel);
      await send(providerOf({ ...env, SMS_HTTP_URL: env.SMS_HTTP_URL?.replace('coding=2', 'coding=0') }));
      await eventually('its line', () => said.includes(`Got message 1: <Sixdigit ${NUMBER} text 012345 is your code>`));
    } finally {
      theirs.kill('SIGKILL');
    }
  });

  describe('while its link to the network is down', () => {
    beforeEach(async () => {
      await smsc.close();
      await kannel.until(/fake\[fake\].*connecting/);
    });

    it('fails the ping', async () => {
      const provider = providerOf(kannelEnv(kannel));
      expect(await pingOf(provider)).toBe('unconfirmed');
      smsc = await FakeSmsc.connect(kannel.ports.smsc);
      await kannel.until(/fake\[fake\].*online/);
      expect(await pingOf(provider)).toBe('accepted');
    });

    it('is unconfirmed when Kannel queues the text, which goes out when the link is back', async () => {
      expect(await send(providerOf(kannelEnv(kannel)))).toBe('unconfirmed');
      smsc = await FakeSmsc.connect(kannel.ports.smsc);
      await eventually('the text', () => smsc.ledger.length === 1);
    });

    it('drops a queued text whose validity has passed, and says so', async () => {
      const listener = await ReportListener.start();
      const dlrUrl = encodeURIComponent(`${listener.url}/dlr?ref=late&status=%d&answer=%A`);
      const query = `&from=Me&to=%2B14155552671&text=late&validity=0&dlr-mask=31&dlr-url=${dlrUrl}`;
      expect(await (await fetch(kannel.sendsmsUrl + query)).text()).toBe('3: Queued for later delivery');
      await sleep(1_500);
      smsc = await FakeSmsc.connect(kannel.ports.smsc);
      const report = await eventually('the report', () => listener.heard[0]);
      expect(report.query).toMatchObject({ ref: 'late', status: '16', answer: 'NACK/validity expired' });
      expect(smsc.ledger).toEqual([]);
      await listener.close();
    });

    it('reads a full queue as refused: nothing of it goes out later', async () => {
      const provider = providerOf(kannelEnv(kannel));
      const faults: string[] = [];
      while (faults.at(-1) !== 'refused' && faults.length < 20) faults.push(await send(provider));
      const queued = faults.filter((fault) => fault === 'unconfirmed').length;
      expect(faults).toEqual([...Array<string>(queued).fill('unconfirmed'), 'refused']);
      smsc = await FakeSmsc.connect(kannel.ports.smsc);
      await eventually('what was queued', () => smsc.ledger.length === queued);
      await sleep(300);
      expect(smsc.ledger).toHaveLength(queued);
    });
  });
});

const DLR = '&dlr-mask=31&dlr-url=';
/** `{ref}` is filled in by the adapter, `%d` and the like by Kannel. */
const dlrQuery = (url: string) =>
  DLR + encodeURIComponent(`${url}/dlr?ref={ref}&status=%d&answer=%A&fid=%F`).replace('%7Bref%7D', '{ref}');

withKannel(title('delivery reports of a real Kannel'), () => {
  let kannel: Kannel;
  let smsc: FakeSmsc;
  let carrier: FakeCarrier;
  let listener: ReportListener;

  beforeAll(async () => {
    carrier = await FakeCarrier.start();
    kannel = await Kannel.start(carrier.url);
    smsc = await FakeSmsc.connect(kannel.ports.smsc);
    await kannel.until(/fake\[fake\].*online/);
  });
  beforeEach(async () => {
    listener = await ReportListener.start();
  });
  afterEach(async () => {
    for (const provider of open.splice(0)) if (isClosable(provider)) await provider.close();
    await listener.close();
  });
  afterAll(async () => {
    await smsc.close();
    await kannel.close();
    await carrier.close();
  });

  /** @returns the attempt's id */
  async function sent(query: string, body = '012345'): Promise<string> {
    const message = { to: PhoneNumber.parse(NUMBER), body, validForSecs: 600, attemptId: randomUUID() };
    await providerOf(kannelEnv(kannel, query)).send(message, AbortSignal.timeout(5_000));
    return message.attemptId;
  }

  it.each([
    ['one part', '012345'],
    ['three parts', 'ü'.repeat(150)],
  ])('come by GET for a text of %s: 8 as the network took it, 1 as it was delivered, in any order', async (_, body) => {
    const ref = await sent(dlrQuery(listener.url), body);
    await eventually('two reports', () => listener.heard.length === 2);
    await sleep(300);
    expect(listener.statuses(ref).sort()).toEqual(['1', '8']);
    expect(listener.heard).toHaveLength(2);
    const { method, path, query, headers } = listener.heard.find(({ query }) => query.status === '8')!;
    expect([method, path, query.answer, headers['user-agent']]).toEqual(['GET', '/dlr', 'ACK/', 'Kannel/1.4.5']);
  });

  it.each([
    [1, 'delivered'],
    [2, 'not delivered'],
    [34, 'expired'],
    [66, 'unknown to the network'],
  ])('say %d when the network says: %s', async (status, words) => {
    const ref = await sent(`${dlrQuery(listener.url)}&smsc=carrier`);
    await eventually('that it was taken', () => listener.statuses(ref).includes('8'));
    await carrier.report(4, 'buffered');
    await eventually('that it is buffered', () => listener.statuses(ref).includes('4'));
    await carrier.report(status, words);
    await eventually('the end', () => listener.statuses(ref).length === 3);
    expect(listener.heard.at(-1)?.query).toMatchObject({ ref, status: String(status), answer: words });
  });

  it('say 16 when the network takes the text not at all', async () => {
    carrier.answer = { status: 400, body: 'no such subscriber' };
    const ref = await sent(`${dlrQuery(listener.url)}&smsc=carrier`);
    await eventually('the report', () => listener.statuses(ref).length === 1);
    carrier.answer = { status: 202, body: '0: Accepted for delivery' };
    expect(listener.heard[0]?.query).toMatchObject({ status: '16', answer: 'NACK/no such subscriber' });
  });

  it.each([200, 202])('come once when they are answered with %d', async (status) => {
    listener.answers = [status, status];
    await sent(dlrQuery(listener.url));
    await eventually('both', () => listener.heard.length === 2);
    await sleep(1_500);
    expect(listener.heard).toHaveLength(2);
  });

  it.each([204, 503])('come again, as often as http-request-retry says, when answered with %d', async (status) => {
    listener.answers = Array<number>(20).fill(status);
    const ref = await sent(dlrQuery(listener.url));
    await eventually('one and two retries each', () => listener.heard.length === 6);
    await sleep(1_500);
    expect(listener.statuses(ref).sort()).toEqual(['1', '1', '1', '8', '8', '8']);
  });

  it('carry a user and a password, when the URL has them, as basic authentication', async () => {
    await sent(dlrQuery(listener.url.replace('//', '//kannel:pass-word@')));
    const { headers } = await eventually('one', () => listener.heard[0]);
    expect(headers.authorization).toBe(`Basic ${btoa('kannel:pass-word')}`);
  });

  it('spoil a URL with percent signs of its own: a token must be of letters, digits, - and _', async () => {
    const url = encodeURIComponent(`${listener.url}/dlr?ref=x&good=aZ09-_&bad=%AB&status=%d`);
    await sent(`&dlr-mask=1&dlr-url=${url}`);
    const { query } = await eventually('one', () => listener.heard[0]);
    expect(query).toEqual({ ref: 'x', good: 'aZ09-_', bad: 'B', status: '1' });
  });
});

withKannel(title('the program in front of a real Kannel'), () => {
  it('proves a phone by a text that went through it, and goes past it when it is gone', async () => {
    const kannel = await Kannel.start();
    const smsc = await FakeSmsc.connect(kannel.ports.smsc);
    await kannel.until(/fake\[fake\].*online/);
    const twilio = await FakeTwilio.start();
    const app = await startApp({ ...kannelEnv(kannel), ...twilioEnv(twilio), SMS_PROVIDERS: 'http,twilio' });
    const phones = ['+14155552671', '+14155552672', '+14155552673'] as const;
    const start = async (phone: string) => (await app.call('POST', '/v1/verifications', { phone })).body;
    const check = async (id: string, text?: string) =>
      (await app.call('POST', `/v1/verifications/${id}/check`, { code: /\d{6}/.exec(text ?? '')?.[0] })).body;
    const health = async () => JSON.stringify((await app.call('GET', '/health/providers')).body);
    try {
      const first = await start(phones[0]);
      expect(first).toMatchObject({ status: 'pending', delivery: 'accepted' });
      const text = await eventually('the text', () => smsc.ledger[0]);
      expect(text).toMatchObject({ to: phones[0], from: 'Sixdigit', parts: 1 });
      expect(await check(first.id, text.body)).toMatchObject({ status: 'approved', valid: true });

      // A number without a route says nothing against the gateway.
      const second = await start(NO_ROUTE);
      expect(second.delivery).toBe('accepted');
      expect(twilio.ledger.map(({ to }) => to)).toEqual([NO_ROUTE]);
      expect(await check(second.id, twilio.ledger[0]?.body)).toMatchObject({ valid: true });
      expect(await health()).not.toContain('suspended');

      await kannel.stop('smsbox');
      const third = await start(phones[1]);
      expect(await check(third.id, twilio.ledger[1]?.body)).toMatchObject({ valid: true });
      expect([twilio.ledger.length, smsc.ledger.length]).toEqual([2, 1]);

      await kannel.stop('bearerbox');
      await start(phones[2]);
      expect([twilio.ledger.length, smsc.ledger.length]).toEqual([3, 1]);
      expect(app.log()).not.toMatch(/=secret|4155552671/);
    } finally {
      await app.close();
      await twilio.close();
      await smsc.close();
      await kannel.close();
    }
  });

  it.each([
    ['smsbox has stopped', 'smsbox', 'unconfirmed'],
    ['bearerbox has stopped, which ends smsbox, too', 'bearerbox', 'unreachable'],
  ] as const)('knows that nothing was sent when %s, and that it is not well', async (_, box, pinged) => {
    const kannel = await Kannel.start();
    const provider = providerOf(kannelEnv(kannel));
    try {
      await kannel.stop(box);
      await kannel.ended('smsbox');
      expect(await send(provider)).toBe('unreachable');
      expect(await pingOf(provider)).toBe(pinged);
    } finally {
      for (const left of open.splice(0)) if (isClosable(left)) await left.close();
      await kannel.close();
    }
  });
});
