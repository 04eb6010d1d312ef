import { Database } from '../../src/prisma/index.js';
import { startApp, type Answer, type TestApp } from '../setup/app.js';
import { FakeSns, FakeTwilio } from '../support/index.js';

const START = '/v1/verifications';
const APP_SECRET = 'app-secret-0123456789abcdefghijklmnop';
const TWILIO_TOKEN = 'twilio-token-0123456789abcdef';
const AWS_SECRET = 'aws-secret-0123456789abcdef';
const SENDER = '+15005550006';
const GUESS = '864213';
const UNREADABLE = ['+12125559999 ext 7', '+1 212 555 9998 x', '+121255599971234', 'tel:+12125559996'];

const phones: string[] = [];
function newPhone(): string {
  const phone = `+1212555${String(1_000 + phones.length)}`;
  phones.push(phone);
  return phone;
}

const levelOf = (line: string) => (JSON.parse(line) as { level: string }).level;
const digitsOf = (text: string) => text.replace(/\D/g, '');
/** Digits or letters that stand alone: what is part of a UUID, a hash or a fraction of a second is none of ours. */
const hasToken = (text: string, token: string) => new RegExp(`(?<![\\w.-])${token}(?![\\w-])`).test(text);

describe('what is kept of codes, phones and secrets', () => {
  let twilio: FakeTwilio;
  let sns: FakeSns;
  let app: TestApp;
  let lines: readonly string[];
  let dump: string;
  const answers: Answer[] = [];
  const guesses = new Set([GUESS]);
  const proofs: string[] = [];

  const call: TestApp['call'] = async (...request) => {
    const answer = await app.call(...request);
    answers.push(answer);
    return answer;
  };
  const start = async (phone = newPhone()): Promise<string> => (await call('POST', START, { phone })).body.id;
  const check = (id: string, code: string) => call('POST', `${START}/${id}/check`, { code });
  const ledger = () => [...twilio.ledger, ...sns.ledger];
  const codeFor = (phone: string) => /\d{6}/.exec(ledger().findLast(({ to }) => to === phone)?.body ?? '')?.[0] ?? '';
  async function guessWrong(id: string, phone: string): Promise<void> {
    const wrong = String((Number(codeFor(phone)) + 1) % 1_000_000).padStart(6, '0');
    guesses.add(wrong);
    await check(id, wrong);
  }

  beforeAll(async () => {
    twilio = await FakeTwilio.start({ authToken: TWILIO_TOKEN });
    sns = await FakeSns.start({ accessKeyId: 'AKIAFAKE00000000', secretAccessKey: AWS_SECRET });
    app = await startApp({
      APP_SECRET,
      TWILIO_ACCOUNT_SID: twilio.accountSid,
      TWILIO_AUTH_TOKEN: TWILIO_TOKEN,
      TWILIO_FROM_NUMBER: SENDER,
      TWILIO_BASE_URL: twilio.url,
      AWS_SNS_ACCESS_KEY_ID: 'AKIAFAKE00000000',
      AWS_SNS_SECRET_ACCESS_KEY: AWS_SECRET,
      AWS_SNS_ENDPOINT: sns.url,
      SMS_ATTEMPT_TIMEOUT_MS: '300',
      SMS_SEND_BUDGET_MS: '1000',
    });
    await approved();
    await guessedOut();
    await canceled();
    await limited();
    await badInput();
    await strangers();
    await troubledProviders();
    lines = app.log().trimEnd().split('\n');
    dump = await dumpOf(app.app.get(Database));
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([twilio.close(), sns.close()]);
  });

  async function approved(): Promise<void> {
    const phone = newPhone();
    const id = await start(phone);
    await guessWrong(id, phone);
    proofs.push((await check(id, codeFor(phone))).body.proof);
    await check(id, codeFor(phone));
    await call('GET', `${START}/${id}`);
    await call('GET', `${START}/${id}?phone=${phone}&code=${codeFor(phone)}&key=${app.key}`);
  }

  async function guessedOut(): Promise<void> {
    const phone = newPhone();
    const id = await start(phone);
    for (let guess = 0; guess < 6; guess++) await guessWrong(id, phone);
    await call('POST', `${START}/${id}/resend`, {});
  }

  async function canceled(): Promise<void> {
    const phone = newPhone();
    const id = await start(phone);
    await call('DELETE', `${START}/${id}`);
    await check(id, codeFor(phone));
  }

  async function limited(): Promise<void> {
    const phone = newPhone();
    const id = await start(phone);
    await call('POST', `${START}/${id}/resend`, {});
    for (let send = 0; send < 5; send++) await start(phone);
  }

  async function badInput(): Promise<void> {
    const phone = newPhone();
    for (const unreadable of UNREADABLE) await start(unreadable);
    for (const wrong of [phone, encodeURIComponent(phone), GUESS, app.key]) {
      for (const method of ['GET', 'DELETE']) await call(method, `${START}/${wrong}?code=${GUESS}`);
      await check(wrong, GUESS);
      await call('GET', `/nothing/${wrong}?phone=${wrong}`);
    }
    const headers = { 'x-phone': phone, 'user-agent': `phone ${phone}`, referer: `https://x.test/?code=${GUESS}` };
    await call('GET', `${START}/nothing?phone=${phone}`, undefined, headers);
    await call('POST', START, `{"phone":"${phone}","code":"${GUESS}"`, { 'content-type': 'application/json' });
    await call('POST', START, { phone, code: GUESS });
    await call('POST', START, phone, { 'content-type': 'application/xml' });
    await call('POST', START, { phone, purpose: GUESS, locale: phone });
  }

  async function strangers(): Promise<void> {
    const phone = newPhone();
    for (const authorization of [`Bearer ${app.key}0`, `Basic ${app.key}`, `Bearer ${proofs[0]}`, phone]) {
      await call('POST', START, { phone }, { authorization });
    }
  }

  async function troubledProviders(): Promise<void> {
    twilio.script({ kind: 'status', status: 503, body: `${SENDER} ${phones[0]}` }, { kind: 'accept-then-silence' });
    await start();
    await start();
    await start('+15005550004'); // opted out
    twilio.behave({ kind: 'status', status: 401 });
    await start();
    sns.behave({ kind: 'status', status: 403 });
    await start();
    await start();
    await call('GET', '/health/ready');
    await call('GET', '/health/providers');
  }

  async function dumpOf(database: Database): Promise<string> {
    const tables = ['verifications', 'messages', 'attempts', 'limit_windows'];
    const rows = await Promise.all(
      tables.map((table) =>
        database.query({ name: '', text: `SELECT row_to_json(t)::text AS row FROM ${table} t` }, []),
      ),
    );
    rows.forEach((of) => expect(of.length).toBeGreaterThan(3));
    return JSON.stringify(rows);
  }

  it('is looked for in traffic of every kind', () => {
    const seen = new Set(answers.map(({ status, body }) => (body.code ? `${status} ${body.code}` : `${status}`)));
    expect([...seen].sort()).toEqual([
      '200',
      '201',
      '400 INVALID_PHONE_FORMAT',
      '400 INVALID_REQUEST',
      '401 UNAUTHORIZED',
      '403 DESTINATION_NOT_ALLOWED',
      '404 NOT_FOUND',
      '404 VERIFICATION_NOT_FOUND',
      '415 INVALID_REQUEST',
      '429 RATE_LIMIT_EXCEEDED',
      '429 TOO_MANY_CHECKS',
      '503',
      '503 DELIVERY_UNAVAILABLE',
    ]);
    expect(proofs).toEqual([expect.stringMatching(/^eyJ/)]);
    expect(sns.ledger.length).toBeGreaterThan(1);
    expect([...twilio.faults, ...sns.faults]).toEqual([]);
  });

  it('is looked for in lines of every level, each of them JSON', () => {
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), time: expect.any(String) });
      expect(JSON.parse(line)).toHaveProperty('msg', expect.stringMatching(/./));
    }
    expect(new Set(lines.map(levelOf))).toEqual(new Set(['debug', 'info', 'warn', 'error']));
  });

  it('is found again by the id of the request, which its answer carries', () => {
    const ids = new Set(answers.map(({ headers }) => headers.get('x-request-id')));
    expect(ids.size).toBe(answers.length);
    const ofRequests = lines.filter((line) => /"context":"(Http|Sms|VerificationService)"/.test(line));
    expect(ofRequests.length).toBeGreaterThan(40);
    for (const line of ofRequests) expect(ids).toContain((JSON.parse(line) as { requestId?: string }).requestId);
    const problems = answers.filter(({ body, status }) => body.code && status !== 200);
    for (const { body } of problems) {
      expect(ofRequests.join('\n')).toContain(`"requestId":"${String(body.instance).replace('urn:uuid:', '')}"`);
    }
  });

  it('never had an unexpected cause', () => {
    expect(app.log()).not.toMatch(/unexpected failure|"stack"/);
  });

  describe.each([
    ['the log', () => lines.join('\n')],
    ['the database', () => dump],
    [
      'any answer',
      () => answers.map(({ headers, body }) => JSON.stringify([[...headers], { ...body, proof: '' }])).join('\n'),
    ],
  ])('is not in %s:', (place, textOf) => {
    it('a code, sent or guessed', () => {
      const sent = ledger().map(({ body }) => /\d{6}/.exec(body)?.[0] ?? '');
      expect(sent.length).toBeGreaterThan(10);
      expect([...sent, ...guesses].filter((code) => hasToken(textOf(), code))).toEqual([]);
    });

    it('a whole phone, however it is written', () => {
      // The number that a text goes out under is ours, and kept with each try.
      const ours = place === 'the database' ? [] : [SENDER];
      const numbers = [...phones, ...UNREADABLE, ...ours, '+15005550004'].map(digitsOf);
      expect(numbers.length).toBeGreaterThan(15);
      const found = numbers.filter((digits) => textOf().includes(digits.slice(1, 11)));
      expect(found).toEqual([]);
      const parts = /^1(\d{3})(\d{3})(\d{4})/;
      const spelled = numbers.map((digits) => digits.replace(parts, '$1\\D{1,3}$2\\D{1,3}$3'));
      expect(spelled.filter((spelling) => new RegExp(spelling).test(textOf()))).toEqual([]);
    });

    it('a proof', () => {
      expect(textOf()).not.toMatch(/eyJ[\w-]+\./);
      expect(textOf()).not.toContain(proofs[0]?.split('.')[2]);
    });

    it('a key, a token or a secret', () => {
      const basic = Buffer.from(`${twilio.accountSid}:${TWILIO_TOKEN}`).toString('base64');
      const secrets = [app.key, APP_SECRET, TWILIO_TOKEN, AWS_SECRET, 'AKIAFAKE00000000', basic];
      expect(secrets.filter((secret) => textOf().includes(secret))).toEqual([]);
    });

    it('the text of a message', () => {
      expect(ledger()[0]?.body).toContain('is your Sixdigit code');
      expect(textOf()).not.toMatch(/is your Sixdigit code|Do not share it/);
    });
  });

  it('would be found if it were there', () => {
    expect(hasToken('{"msg":"code 864213, again"}', GUESS)).toBe(true);
    expect(hasToken('7f3c1e2a-0000-4000-8000-864213864213 .864213Z', GUESS)).toBe(false);
  });
});
