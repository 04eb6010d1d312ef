import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Database } from '../../src/prisma/index.js';
import { startApp, type TestApp } from '../setup/app.js';
import { signIn, type Operator } from '../setup/operator.js';
import { twilioEnv } from '../setup/process.js';
import { FakeTwilio } from '../support/index.js';

jest.setTimeout(60_000);

const START = '/v1/verifications';
const ADMIN = '/v1/admin/templates';
const PASSWORD = 'correct horse battery staple';
let twilio: FakeTwilio;
let app: TestApp;
let operator: Operator;
let folder: string;
let phones = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sixdigit-own-'));
  mkdirSync(join(folder, 'verification'));
  writeFileSync(join(folder, 'verification', 'fi.hbs'), '{{code}} {{firstName}}\n');
  writeFileSync(join(folder, 'verification', 'sv.hbs'), '{{code}} från {{brand}}\n');
  twilio = await FakeTwilio.start();
  app = await startApp({
    ...twilioEnv(twilio),
    ADMIN_PASSWORD: PASSWORD,
    SMS_ATTEMPT_TIMEOUT_MS: '20000',
    SMS_SEND_BUDGET_MS: '30000',
    SMS_TEMPLATES_DIR: folder,
    BRAND_NAME: 'Ünal & Söhne',
    WEB_OTP_DOMAIN: 'login.example.com',
    ANDROID_APP_HASH: 'FA+9qCX9VSu',
  });
  operator = await signIn(app, PASSWORD);
});
afterAll(async () => {
  await app.close();
  await twilio.close();
  rmSync(folder, { recursive: true });
});

const newPhone = () => `+1212555${5_000 + phones++}`;
const sql = <Row extends object>(text: string) => app.app.get(Database).query<Row>({ name: '', text }, []);
const sent = async (body: object, headers = {}) => {
  const before = twilio.ledger.length;
  const answer = await app.call('POST', START, { phone: newPhone(), ...body }, headers);
  expect([answer.status, twilio.ledger.length]).toEqual([201, before + 1]);
  return { text: twilio.ledger.at(-1)!.body, ...answer.body } as { text: string; id: string; messageId: string };
};

describe('what the phone shows', () => {
  it.each([
    ['de', {}],
    [{}, { 'accept-language': 'cy, de-CH;q=0.9, en;q=0.8' }],
    [{ phone: '+4915123456789' }, {}],
    [{ phone: '+4915123456788' }, { 'accept-language': '*' }],
  ])('is German for %j and %j: by body, header or country', async (body, headers) => {
    const asked = typeof body === 'string' ? { locale: body } : body;
    const { text, id, messageId } = await sent(asked, headers);
    const [code] = /^\d{6}/.exec(text) ?? [];
    expect(text).toBe(
      `${code} ist Ihr Ünal & Söhne-Code. Er läuft in 10 Min. ab. Geben Sie ihn nicht weiter.\n\n@login.example.com #${code} FA+9qCX9VSu`,
    );
    expect((await app.call('GET', `/v1/messages/${messageId}`)).body).toMatchObject({ id: messageId });
    expect((await app.call('POST', `${START}/${id}/check`, { code })).body).toMatchObject({ valid: true });
  });

  it('is what the body asks for before what the header does', async () => {
    expect((await sent({ locale: 'it' }, { 'accept-language': 'de' })).text).toMatch(/^\d{6} è il tuo codice/);
    expect((await sent({}, { 'accept-language': 'garbage;;q=,\u00e4' })).text).toMatch(/^\d{6} is your/);
  });

  it("is the operator's file where there is one, and the text for the purpose", async () => {
    expect((await sent({ locale: 'sv-SE' })).text).toMatch(
      /^\d{6} från Ünal & Söhne\n\n@login\.example\.com #\d{6} FA\+9qCX9VSu$/,
    );
    expect((await sent({ purpose: 'password-reset' })).text).toContain('code to reset your password');
    const phone = newPhone();
    await app.call('POST', '/v1/auth/phone/start', { phone }, { 'accept-language': 'nl' });
    expect(twilio.ledger.at(-1)?.body).toMatch(/^\d{6} is je Ünal & Söhne-inlogcode\./);
  });

  it('is nothing, and costs nothing, where a variable is missing', async () => {
    const count = () =>
      sql(`SELECT (SELECT count(*) FROM verifications)::int AS verifications, (SELECT count(*) FROM messages)::int AS messages,
        (SELECT coalesce(sum(held_micros), 0) FROM spend_days)::text AS held, (SELECT count(*) FROM limit_windows)::int AS windows`);
    const [before, ledger] = [await count(), twilio.ledger.length];
    const refused = await app.call('POST', START, { phone: newPhone(), locale: 'fi' });
    expect([refused.status, refused.body.code]).toEqual([400, 'INVALID_REQUEST']);
    expect(refused.body).toMatchObject({
      detail: 'The variable "firstName" is missing.',
      hint: 'Give it, or take {{firstName}} out of the template.',
    });
    expect([await count(), twilio.ledger.length]).toEqual([before, ledger]);
  });
});

describe('/v1/admin/templates', () => {
  const PT = `${ADMIN}/verification/pt-BR`;

  it('puts, shows, rolls back and deletes', async () => {
    const first = await operator.call('PUT', PT, { body: '{{code}} e seu codigo {{brand}}.' });
    expect([first.status, first.body.version, first.body.source]).toEqual([200, 1, 'database']);
    expect((await sent({ locale: 'pt-BR' })).text).toMatch(/^\d{6} e seu codigo Ünal & Söhne\.\n\n@/);
    expect((await operator.call('PUT', PT, { body: 'B {{code}}' })).body.version).toBe(2);
    const back = await operator.call('POST', `${PT}/rollback`, { version: 1 }, { 'idempotency-key': 'once' });
    const again = await operator.call('POST', `${PT}/rollback`, { version: 1 }, { 'idempotency-key': 'once' });
    expect([back.body.version, again.body.version]).toEqual([3, 3]);
    expect((await operator.call('GET', PT)).body.versions.map(({ version }: { version: number }) => version)).toEqual([
      3, 2, 1,
    ]);
    expect((await operator.call('DELETE', PT)).status).toBe(204);
    expect((await operator.call('DELETE', PT)).status).toBe(404);
    expect((await sent({ locale: 'pt-BR' })).text).toContain('Não divulgue');
    const { acts } = (await operator.call('GET', '/v1/admin/audit')).body;
    expect(acts.slice(0, 2).map(({ act }: { act: string }) => act)).toEqual(['template.delete', 'template.put']);
  });

  it('shows every text with what it costs', async () => {
    const { status, body } = await operator.call('GET', ADMIN);
    expect(status).toBe(200);
    expect(body.length).toBeGreaterThan(240);
    const of = (name: string, locale: string) =>
      body.find((each: { name: string; locale: string }) => each.name === name && each.locale === locale);
    expect(of('verification', 'de')).toMatchObject({
      ...{ source: 'built-in', country: 'DE', problems: [] },
      text: { encoding: 'GSM-7', segments: 1, flips: [] },
      withMachineLine: { segments: 1 },
    });
    expect(of('verification', 'fi')).toMatchObject({
      source: 'folder',
      problems: expect.arrayContaining(['nobody gives it firstName']),
    });
    expect(of('verification', 'ru').withMachineLine).toMatchObject({
      segments: 2,
      reason: expect.stringContaining('UCS-2'),
    });
  });

  it('previews without sending', async () => {
    const ledger = twilio.ledger.length;
    const { body } = await operator.call('POST', `${ADMIN}/preview`, { name: 'verification', country: 'PL' });
    expect(body).toMatchObject({
      locale: 'pl',
      encoding: 'GSM-7',
      segments: 1,
      prices: { twilio: expect.any(Number) },
    });
    const draft = await operator.call('POST', `${ADMIN}/preview`, {
      name: 'hello',
      locale: 'de',
      body: 'Hallo {{name}} „{{brand}}“',
      variables: { name: 'Ada' },
    });
    expect(draft.body).toMatchObject({
      body: 'Hallo Ada „Ünal & Söhne“',
      encoding: 'UCS-2',
      flips: [
        { character: '„', replacement: '"' },
        { character: '“', replacement: '"' },
      ],
    });
    expect(twilio.ledger).toHaveLength(ledger);
  });

  it('says of a draft what saving it would refuse, and what the list would say of it', async () => {
    const preview = (body: string) =>
      operator.call('POST', `${ADMIN}/preview`, { name: 'verification', locale: 'en', body });
    expect(await preview('{{code}} is your code.')).toMatchObject({
      status: 200,
      body: { segments: 1, problems: ['it does not say who sends it: {{brand}}'] },
    });
    expect((await preview('{{code}} is your {{brand}} code..')).body.problems).toEqual([
      'a sentence ends with two stops',
    ]);
    expect((await preview('{{code}} is your {{brand}} code.')).body.problems).toEqual([]);
    for (const wrong of ['no code', '{{code}} {{#if brand}}', '{{code}} {{shop}}']) {
      const put = await operator.call('PUT', `${ADMIN}/verification/en`, { body: wrong });
      const { status, body } = await preview(wrong);
      expect([wrong, status, body.detail]).toEqual([wrong, 400, put.body.detail]);
    }
  });

  it.each([
    ['PUT', `${ADMIN}/verification/en`, { body: 'no code' }, 400],
    ['PUT', `${ADMIN}/verification/en`, { body: '{{code}}\n{{#if x}}' }, 400],
    ['PUT', `${ADMIN}/verification/en`, {}, 400],
    ['PUT', `${ADMIN}/veri%2e%2fx/en`, { body: '{{code}}' }, 400],
    ['PUT', `${ADMIN}/verification/nonsense-tag-`, { body: '{{code}}' }, 400],
    ['POST', `${ADMIN}/verification/en/rollback`, { version: 77 }, 404],
    ['POST', `${ADMIN}/verification/en/rollback`, { version: '1' }, 400],
    ['GET', `${ADMIN}/nothing/en`, undefined, 404],
    ['POST', `${ADMIN}/preview`, { name: 'nothing' }, 404],
    ['POST', `${ADMIN}/preview`, { name: 'login', variables: { brand: 'a\nb' } }, 400],
    ['POST', `${ADMIN}/preview`, { name: 'login', variables: { brand: { a: 1 } } }, 400],
    ['POST', `${ADMIN}/preview`, { name: 'hello', body: 'Hi {{name}}' }, 400],
  ])('refuses %s %s %j', async (method, path, body, status) => {
    const answer = await operator.call(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ code: expect.any(String), hint: expect.any(String) });
    expect(await sql("SELECT 1 FROM message_templates WHERE locale = 'en'")).toEqual([]);
  });

  it('is for operators', async () => {
    const made = await operator.call('POST', '/v1/admin/keys', { name: 'shop', scopes: ['verify'] });
    const headers = { authorization: `Bearer ${made.body.key}` };
    expect((await app.call('GET', ADMIN, undefined, headers)).status).toBe(403);
    expect((await app.call('PUT', `${ADMIN}/login/en`, { body: '{{code}}' }, headers)).status).toBe(403);
    expect((await app.call('GET', ADMIN, undefined, { authorization: '' })).status).toBe(401);
  });
});
