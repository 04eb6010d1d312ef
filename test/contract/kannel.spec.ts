import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

import { startApp } from '../setup/app.js';
import { twilioEnv } from '../setup/process.js';
import { FAKESMSC, FakeSmsc, FakeTwilio, Kannel, ReportListener } from '../support/index.js';
import {
  closeProviders,
  eventually,
  kannelEnv,
  NO_ROUTE,
  NUMBER,
  pingOf,
  providerOf,
  send,
  withKannel,
} from './kannel-setup.js';

withKannel('http adapter and a real Kannel', () => {
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
    await closeProviders();
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

  it('is not well when the status page denies the password, which it does with a 200', async () => {
    const denied = kannel.statusUrl.replace('=status', '=wrong');
    const answer = await fetch(denied);
    expect([answer.status, await answer.text()]).toEqual([200, 'Denied']);
    expect(await pingOf(providerOf({ ...kannelEnv(kannel), SMS_HTTP_PING_URL: denied }))).toBe('unconfirmed');
    expect(await pingOf(providerOf(kannelEnv(kannel)))).toBe('accepted');
  });

  it('cuts a text off, and says that it was accepted, unless its configuration lets it have parts', async () => {
    const env = kannelEnv(kannel);
    const body = `${'x'.repeat(70)}012345`;
    const url = env.SMS_HTTP_URL?.replace('username=sixdigit', 'username=onepart');
    expect(await send(providerOf({ ...env, SMS_HTTP_URL: url }), body)).toBe('accepted');
    const text = await eventually('the text', () => smsc.ledger[0]);
    expect(text.body).toBe('x'.repeat(70));
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

    it('fails the ping, though its status page answers 200', async () => {
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

withKannel('the program in front of a real Kannel', () => {
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
      await closeProviders();
      await kannel.close();
    }
  });
});
