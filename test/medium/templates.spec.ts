import { setTimeout as sleep } from 'node:timers/promises';

import { TemplateFault, Templates, VariableRefused } from '../../src/sms/index.js';
import { TemplateKeeper, TemplateOffice } from '../../src/templates/index.js';
import type { StartRequest } from '../../src/verification/index.js';
import { codeIn, startCluster, type Cluster, type Instance } from '../setup/instances.js';

jest.setTimeout(60_000);

const WHO = { name: 'cli:test', network: null };
const EN = { name: 'verification', locale: 'en' };
let cluster: Cluster;
let one: Instance;
let two: Instance;
let phones = 0;

beforeAll(async () => {
  cluster = await startCluster(2, { SMS_ATTEMPT_TIMEOUT_MS: '20000', SMS_SEND_BUDGET_MS: '30000' });
  [one, two] = [cluster.instances[0], cluster.instances[1]!];
});
afterAll(() => cluster.close());
afterEach(async () => {
  await sql('DELETE FROM message_templates; ');
  for (const instance of cluster.instances) await keeper(instance).refresh();
  cluster.twilio.heal();
  cluster.sns.heal();
});

const office = (instance: Instance) => instance.module.get(TemplateOffice, { strict: false });
const keeper = (instance: Instance) => instance.module.get(TemplateKeeper, { strict: false });
const sql = <Row extends object>(text: string, values: readonly unknown[] = []) =>
  cluster.data.database.query<Row>({ name: '', text }, values);
const request = (more: Partial<StartRequest> = {}): StartRequest => ({
  phone: `+1212555${3_000 + phones++}`,
  purpose: 'verification',
  channel: 'sms',
  ...more,
});
const texts = () => [...cluster.twilio.ledger, ...cluster.sns.ledger].map(({ body }) => body);
const newest = async (instance: Instance, more?: Partial<StartRequest>) => {
  const before = texts().length;
  const state = await instance.verifications.start(request(more));
  expect(texts()).toHaveLength(before + 1);
  return { state, text: [...cluster.twilio.ledger, ...cluster.sns.ledger].sort((a, b) => a.at - b.at).at(-1)!.body };
};
const message = async (id: string | undefined) => {
  const [row] = await sql<{ template: string; locale: string; template_version: number | null }>(
    'SELECT template, locale, template_version FROM messages WHERE id = $1',
    [id],
  );
  return row;
};
async function becomes(text: string, ask: () => string): Promise<number> {
  const begun = performance.now();
  while (ask() !== text && performance.now() - begun < 10_000) await sleep(50);
  expect(ask()).toBe(text);
  return performance.now() - begun;
}
const says = (instance: Instance, locale = 'en') =>
  instance.module.get(Templates).find({ template: 'verification', locale }).template.body;

describe("an operator's text", () => {
  it('is sent by every instance within seconds, in versions that stay readable', async () => {
    const first = await office(one).put(EN, 'One {{code}} of {{brand}}\n', WHO);
    expect(first).toMatchObject({ version: 1, source: 'database', body: 'One {{code}} of {{brand}}' });
    expect((await newest(one)).text).toMatch(/^One \d{6} of Sixdigit$/);
    expect(await becomes('One {{code}} of {{brand}}', () => says(two))).toBeLessThan(5_000);
    expect((await newest(two)).text).toMatch(/^One \d{6}/);

    await office(two).put(EN, 'Two {{code}}', WHO);
    expect(await office(two).put(EN, 'Two {{code}}', WHO)).toMatchObject({ version: 2 }); // the same again
    await office(two).rollBack(EN, 1, WHO);
    await becomes('One {{code}} of {{brand}}', () => says(one));
    await office(one).remove(EN, WHO);
    const { versions, source, body } = await office(one).get(EN);
    expect([source, body.slice(0, 21)]).toEqual(['built-in', '{{code}} is your {{br']);
    expect(
      versions.map(({ version, body: text, createdBy, deletedAt }) => [version, text, createdBy, !!deletedAt]),
    ).toEqual([
      [3, 'One {{code}} of {{brand}}', 'cli:test', true],
      [2, 'Two {{code}}', 'cli:test', true],
      [1, 'One {{code}} of {{brand}}', 'cli:test', true],
    ]);
    expect(await office(one).put(EN, 'Four {{code}}', WHO)).toMatchObject({ version: 4 });
    const acts = await sql<{ act: string; subject: string }>(
      "SELECT act, subject FROM admin_audit WHERE act LIKE 'template.%' ORDER BY id",
    );
    expect(acts.map(({ act, subject }) => `${act} ${subject}`)).toEqual([
      ...['template.put verification/en 1', 'template.put verification/en 2', 'template.put verification/en 3'],
      ...['template.delete verification/en', 'template.put verification/en 4'],
    ]);
    await expect(sql("UPDATE message_templates SET body = 'x'")).rejects.toThrow(/not changed/);
  });

  it('gets no number twice, however many put one at once', async () => {
    const puts = Array.from({ length: 12 }, (_, index) =>
      office(index % 2 ? one : two).put({ ...EN, variant: index % 3 ? 'short' : null }, `${index} {{code}}`, WHO),
    );
    await Promise.all(puts);
    const rows = await sql<{ variant: string | null; versions: number[] }>(
      'SELECT variant, array_agg(version ORDER BY version) AS versions FROM message_templates GROUP BY variant ORDER BY variant',
    );
    expect(rows).toEqual([
      { variant: 'short', versions: [1, 2, 3, 4, 5, 6, 7, 8] },
      { variant: null, versions: [1, 2, 3, 4] },
    ]);
  });

  it.each([
    ['{{code}} {{#if', /cannot be read/],
    ['Your code', /no \{\{code\}\}/],
    ['{{#if code}}{{code}}{{/if}}', /no \{\{code\}\}/],
    ['{{code}}\n{{firstName}}', /^Line 2 .*nobody gives it \{\{firstName\}\}/],
    ['{{code}} {{constructor.name}}', /plain names/],
    ['{{code}} \u202E', /control character/],
  ])('%j is refused, and nothing changes', async (body, problem) => {
    const refusal = await office(one)
      .put(EN, body, WHO)
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(TemplateFault);
    expect((refusal as TemplateFault).message).toMatch(problem);
    expect(await sql('SELECT 1 FROM message_templates')).toEqual([]);
    expect((await newest(one)).text).toContain('is your Sixdigit code');
  });

  it.each([
    [{ name: '../x', locale: 'en' }],
    [{ name: 'x', locale: 'not a tag' }],
    [{ name: 'x', locale: 'en', variant: 'a@b' }],
  ])('%j is no name of one', async (id) => {
    await expect(office(one).put(id, '{{code}}', WHO)).rejects.toThrow(TemplateFault);
    await expect(office(one).get(id)).rejects.toThrow(TemplateFault);
  });

  it('that came past the office and wants what nobody gives refuses to be sent: no text, no row, no cent', async () => {
    await sql(`INSERT INTO message_templates (id, name, locale, version, body, created_by, created_at)
      VALUES (gen_random_uuid(), 'verification', 'en', 1, '{{code}} {{firstName}}', 'x', now())`);
    await keeper(one).refresh();
    const count = async () =>
      (
        await sql<{ n: string }>(
          `SELECT (SELECT count(*) FROM verifications) || '/' || (SELECT count(*) FROM messages) || '/' || (SELECT coalesce(sum(held_micros), 0) FROM spend_days) AS n`,
        )
      )[0]?.n;
    const before = [await count(), texts().length];
    await expect(one.verifications.start(request())).rejects.toThrow(VariableRefused);
    expect([await count(), texts().length]).toEqual(before);
    expect((await newest(one, { locale: 'de' })).text).toContain('Sixdigit-Code'); // other languages go on
  });

  it('stays as it was known while the store is lost', async () => {
    await office(one).put(EN, 'Known {{code}}', WHO);
    one.database.lost.add('template_stamp');
    await expect(keeper(one).refresh()).rejects.toThrow();
    expect(says(one)).toBe('Known {{code}}');
    one.database.lost.clear();
  });
});

describe('a message under way', () => {
  beforeEach(() => {
    cluster.twilio.behave({ kind: 'reject', code: '20429' });
    cluster.sns.behave({ kind: 'reject', code: 'Throttling' });
  });
  const sendQueued = async () => {
    const before = texts().length;
    cluster.sns.heal();
    await cluster.data.age(3);
    await two.outbox.run();
    expect(texts()).toHaveLength(before + 1);
    return cluster.sns.ledger.at(-1)?.body;
  };

  it('is written again as it was: template, version and language, whatever was put since', async () => {
    await office(one).put({ name: 'password-reset', locale: 'fr' }, 'Un {{code}} {{minutes expiryMinutes}}', WHO);
    const state = await one.verifications.start(request({ purpose: 'password-reset', locale: 'fr-CA' }));
    expect(state.delivery).toBe('queued');
    expect(await message(state.messageId)).toEqual({ template: 'password-reset', locale: 'fr', template_version: 1 });
    await office(one).put({ name: 'password-reset', locale: 'fr' }, 'Deux {{code}}', WHO);
    await office(one).put({ name: 'password-reset', locale: 'fr-CA' }, 'Trois {{code}}', WHO);
    await office(one).remove({ name: 'password-reset', locale: 'fr' }, WHO);
    const text = await sendQueued();
    expect(text).toMatch(/^Un \d{6} 10 min$/);
    expect(await two.verifications.judge(state.id, codeIn(text), null)).toHaveProperty('approved');
  });

  it('of a file is not written by what an operator put since', async () => {
    const state = await one.verifications.start(request());
    expect(await message(state.messageId)).toEqual({ template: 'verification', locale: 'en', template_version: null });
    await office(two).put(EN, 'Own {{code}}', WHO);
    expect(await sendQueued()).toMatch(/^\d{6} is your Sixdigit code\./);
  });
});

describe('the language of a text', () => {
  it('is kept for the resend, whoever asks for it', async () => {
    const { state, text } = await newest(one, { acceptLanguage: 'tlh, sv-FI;q=0.8, en;q=0.5' });
    expect(text).toMatch(/^\d{6} är din Sixdigit-kod\./);
    await cluster.data.age(31);
    await two.verifications.resend(state.id);
    expect(texts().filter((body) => body.includes('är din Sixdigit-kod'))).toHaveLength(2);
  });

  it.each([
    ['auth:login', 'login code'],
    ['auth:phone-change:new', 'change your number'],
    ['auth:step-up:payout', 'security code'],
    ['password-reset', 'reset your password'],
    ['two-factor-auth', 'security code'],
    ['checkout', 'is your Sixdigit code.'],
    ['alert', 'is your Sixdigit code.'],
  ])('of %s says "%s"', async (purpose, words) => {
    expect((await newest(one, { purpose })).text).toContain(words);
  });
});
