import { randomUUID } from 'node:crypto';

import { ExperimentBook, Experiments } from '../../src/experiments/index.js';
import { Database } from '../../src/prisma/index.js';
import { adminKey } from '../setup/admin.js';
import { startApp, type TestApp } from '../setup/app.js';
import { age } from '../setup/database.js';
import { codeIn, credentials } from '../setup/instances.js';
import { FakeSns, FakeTwilio } from '../support/index.js';

jest.setTimeout(120_000);

const PATH = '/v1/admin/experiments';
const HALVES = [
  { name: 'control', weight: 50 },
  { name: 'short', weight: 50 },
];
const GOOD = { template: 'verification', variants: HALVES };

let twilio: FakeTwilio;
let sns: FakeSns;
let app: TestApp;
let admin: string;
let phones = 0;

beforeAll(async () => {
  [twilio, sns] = await Promise.all([FakeTwilio.start(), FakeSns.start()]);
  app = await startApp(credentials(twilio, sns));
  admin = await adminKey(app);
  const wordings = { short: '{{code}} (short)', formal: 'Dear customer, your code is {{code}}.' };
  for (const [variant, body] of Object.entries(wordings)) {
    const put = await byAdmin('PUT', '/v1/admin/templates/verification/en', { variant, body });
    if (put.status !== 200) throw new Error(JSON.stringify(put.body));
  }
});
afterAll(async () => {
  await app.close();
  await Promise.all([twilio.close(), sns.close()]);
});
beforeEach(async () => {
  await rows('DELETE FROM experiments');
  await rows('DELETE FROM verifications');
  await rows('DELETE FROM admin_audit');
  await app.app.get(ExperimentBook).refresh();
  for (const fake of [twilio, sns]) {
    fake.heal();
    fake.ledger.length = 0;
  }
});

const rows = <Row extends object>(text: string) => app.app.get(Database).query<Row>({ name: '', text }, []);
const byAdmin = (method: string, path: string, body?: unknown) =>
  app.call(method, path, body, { authorization: `Bearer ${admin}` });
const create = (more: object = {}) => byAdmin('POST', PATH, { ...GOOD, ...more });
const report = async (id: string) => (await byAdmin('GET', `${PATH}/${id}`)).body;
const start = async (locale?: string) => {
  const phone = `+1212555${1_000 + phones++}`;
  const { status, body } = await app.call('POST', '/v1/verifications', { phone, ...(locale && { locale }) });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return { id: body.id as string, phone, text: () => textsTo(phone).at(-1) ?? '' };
};
const textsTo = (phone: string) =>
  [...twilio.ledger, ...sns.ledger].filter(({ to }) => to === phone).map(({ body }) => body);
const variantsOf = async (id: string) =>
  (
    await rows<{ variant: string | null }>(
      `SELECT variant FROM messages WHERE verification_id = '${id}' ORDER BY created_at`,
    )
  ).map(({ variant }) => variant);
const armIn = (text: string) => (text.endsWith('(short)') ? 'short' : text.startsWith('Dear') ? 'formal' : 'control');
const approve = async ({ id, text }: { id: string; text: () => string }) =>
  expect((await app.call('POST', `/v1/verifications/${id}/check`, { code: codeIn(text()) })).body.status).toBe(
    'approved',
  );
/** As if the experiment had been made an hour earlier than it was. */
const settle = () =>
  rows(`UPDATE experiments SET starts_at = starts_at - interval '1 hour', counted_until = counted_until - interval '1 hour',
    created_at = created_at - interval '1 hour'`);
const judgeAll = () => app.app.get(Experiments).judgeAll();

describe('what is asked for wrongly', () => {
  it.each<[string, unknown, RegExp]>([
    ['nothing', {}, /template|variants/],
    ['an unknown template', { ...GOOD, template: 'nothing-like-it' }, /approvals/],
    ['weights of 90', { ...GOOD, variants: [HALVES[0], { name: 'short', weight: 40 }] }, /add up/],
    ['a weight that is no number', { ...GOOD, variants: [HALVES[0], { name: 'short', weight: '50' }] }, /whole number/],
    ['an odd name', { ...GOOD, variants: [HALVES[0], { name: '../short', weight: 50 }] }, /a-z 0-9/],
    [
      'no control',
      {
        ...GOOD,
        variants: [
          { name: 'a', weight: 50 },
          { name: 'b', weight: 50 },
        ],
      },
      /control/,
    ],
    [
      'a wording that nobody has written',
      { ...GOOD, variants: [HALVES[0], { name: 'witty', weight: 50 }] },
      /no wording/,
    ],
    ['a wording that is not there in that language', { ...GOOD, locale: 'fr' }, /no wording .*short.* in fr/],
    ['a language that nothing is written in', { ...GOOD, locale: 'xx' }, /no wording .*short.* in xx/],
    ['one that reads the text of another', { ...GOOD, locale: 'en-GB' }, /no wording .*short.* in en-GB/],
    ['no list', { ...GOOD, variants: 'control' }, /list/],
    ['an alpha of 1', { ...GOOD, alpha: 1 }, /alpha/],
    ['more than it takes', { ...GOOD, budget: 1 }, /not a member/],
    ['what nests too deeply', { ...GOOD, variants: [[[[[[]]]]]] }, /deep/],
  ])('%s is refused, and nothing is tried', async (_, body, said) => {
    const answer = await byAdmin('POST', PATH, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'INVALID_REQUEST']);
    expect(JSON.stringify(answer.body)).toMatch(said);
    expect(answer.body.hint).toMatch(/\w/);
    expect(await rows('SELECT 1 FROM experiments')).toEqual([]);
  });

  it('is nothing for others than operators', async () => {
    expect((await app.call('POST', PATH, GOOD)).status).toBe(403);
    expect((await app.call('GET', PATH)).status).toBe(403);
    expect((await app.call('GET', PATH, undefined, { authorization: '' })).status).toBe(401);
  });

  it('is not there: an experiment, a variant', async () => {
    for (const id of [randomUUID(), 'nothing', `${randomUUID()}'--`]) {
      expect((await byAdmin('GET', `${PATH}/${encodeURIComponent(id)}`)).status).toBe(404);
      expect((await byAdmin('POST', `${PATH}/${encodeURIComponent(id)}/stop`)).status).toBe(404);
    }
    const { body } = await create();
    expect((await byAdmin('POST', `${PATH}/${body.id}/variants/formal/stop`)).status).toBe(404);
    expect((await byAdmin('POST', `${PATH}/${body.id}/variants/control/stop`)).status).toBe(400);
  });

  it('twice at once is one experiment', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => create()));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('EXPERIMENT_RUNNING');
    expect(await rows(`SELECT act FROM admin_audit`)).toEqual([{ act: 'experiment.create' }]);
  });
});

describe('a verification', () => {
  it('gets a wording by lot, and every text of it is written in that one', async () => {
    const { id } = (await create()).body;
    const started = [];
    for (let n = 0; n < 14; n++) started.push(await start());
    const arms = started.map(({ text }) => armIn(text()));
    expect(new Set(arms)).toEqual(new Set(['control', 'short']));
    for (const [n, one] of started.entries()) expect(await variantsOf(one.id)).toEqual([arms[n]]);

    // However the shares are changed, and whether it is tried any more: what began in a wording goes on in it.
    await byAdmin('POST', `${PATH}/${id}/variants/short/stop`);
    await rows(`UPDATE verifications SET next_send_at = created_at`);
    for (const kind of ['short', 'control'] as const) {
      const one = started[arms.indexOf(kind)]!;
      expect((await app.call('POST', `/v1/verifications/${one.id}/resend`)).status).toBe(201);
      expect(textsTo(one.phone).map(armIn)).toEqual([kind, kind]);
      expect(await variantsOf(one.id)).toEqual([kind, kind]);
    }
    // The only other one is stopped: it is over, and nobody takes part any more.
    expect(await report(id)).toMatchObject({ status: 'stopped', inForce: false });
    expect(await variantsOf((await start()).id)).toEqual([null]);
  });

  it('keeps its wording when it fails over, and when the outbox sends it later', async () => {
    await create({
      variants: [
        { name: 'control', weight: 1 },
        { name: 'short', weight: 99 },
      ],
    });
    twilio.script({ kind: 'status', status: 500 });
    const one = await start();
    expect([armIn(one.text()), sns.ledger.length]).toEqual(['short', 1]);
    expect(await variantsOf(one.id)).toEqual(['short']);
    await approve(one);
  });

  it('takes no part where a wording is missing, and is not taken for one that got the plain one by lot', async () => {
    const { id } = (await create()).body;
    const french = [];
    for (let n = 0; n < 6; n++) french.push(await start('fr'));
    for (const one of french) {
      expect(armIn(one.text())).toBe('control');
      expect(await variantsOf(one.id)).toEqual([null]);
    }
    await settle();
    await age(app.app.get(Database), 1_000);
    await judgeAll();
    expect((await report(id)).arms.map(({ assigned }: { assigned: number }) => assigned)).toEqual([0, 0]);
  });

  it('takes no part in an experiment about another language', async () => {
    await create({
      locale: 'en',
      variants: [
        { name: 'control', weight: 1 },
        { name: 'formal', weight: 99 },
      ],
    });
    expect(armIn((await start('fr')).text())).toBe('control');
    expect(await variantsOf((await start('en')).id)).toEqual([expect.stringMatching(/formal|control/)]);
  });
});

describe('counting', () => {
  it('counts each verification once, when its life is over, whoever counts, and when its rows are gone', async () => {
    const { id } = (await create()).body;
    const started = [];
    for (let n = 0; n < 12; n++) started.push(await start());
    const arms = started.map(({ text }) => armIn(text()));
    for (const one of started.slice(0, 5)) await approve(one);
    const expected = (kind: string) => ({
      assigned: arms.filter((arm) => arm === kind).length,
      accepted: arms.filter((arm) => arm === kind).length,
      approved: arms.slice(0, 5).filter((arm) => arm === kind).length,
    });
    await settle();
    await age(app.app.get(Database), 300);
    await judgeAll();
    // Approved or not: whoever may still be approved is not counted yet, and so nobody is who is quicker than others.
    expect((await report(id)).arms).toMatchObject([{ assigned: 0 }, { assigned: 0 }]);
    await age(app.app.get(Database), 400);
    await settle(); // older by as much, and more
    await Promise.all([judgeAll(), judgeAll(), judgeAll()]);
    await judgeAll();
    const read = await report(id);
    expect(read.arms).toMatchObject([
      { name: 'control', ...expected('control'), decision: 'collecting', difference: null },
      { name: 'short', ...expected('short') },
    ]);
    expect(read).toMatchObject({ sampleRatio: { assigned: expect.any(Number) }, warnings: [] });
    await rows('DELETE FROM verifications');
    await judgeAll();
    expect((await report(id)).arms).toMatchObject([expected('control'), expected('short')]);
    expect(JSON.stringify(read)).not.toMatch(/1212555/);
  });

  it('leaves out whose first text no provider took', async () => {
    const { id } = (await create()).body;
    twilio.script({ kind: 'status', status: 503 });
    sns.script({ kind: 'status', status: 503 });
    const refused = await app.call('POST', '/v1/verifications', { phone: `+1212555${1_000 + phones++}` });
    expect(refused.status).toBeGreaterThanOrEqual(201);
    const isOut = (
      await rows(`SELECT 1 FROM attempts WHERE outcome = 'accepted' AND started_at > now() - interval '2 seconds'
      AND message_id = (SELECT id FROM messages ORDER BY created_at DESC LIMIT 1)`)
    ).length;
    await settle();
    await age(app.app.get(Database), 1_000);
    await judgeAll();
    const counted = (await report(id)).arms as { assigned: number; accepted: number }[];
    const sum = (key: 'assigned' | 'accepted') => counted.reduce((all, arm) => all + arm[key], 0);
    expect([sum('assigned'), sum('accepted')]).toEqual([1, isOut]);
  });
});

describe('rules', () => {
  const counts = (name: string, accepted: number, approved: number) =>
    rows(
      `UPDATE experiment_arms SET assigned = ${accepted}, accepted = ${accepted}, approved = ${approved} WHERE name = '${name}'`,
    );
  const acts = async () =>
    (await rows<{ who: string; act: string }>('SELECT who, act FROM admin_audit ORDER BY id')).map(
      ({ who, act }) => `${who} ${act}`,
    );

  it('stop a wording that does harm, once, and say so', async () => {
    const { id } = (await create()).body;
    await counts('control', 400, 300);
    await counts('short', 400, 200);
    await Promise.all([judgeAll(), judgeAll()]);
    expect(await report(id)).toMatchObject({
      ...{ status: 'decided', winner: 'control', inForce: false },
      arms: [{ decision: 'winner' }, { decision: 'stopped', stoppedBy: 'rule', stoppedAt: expect.any(String) }],
    });
    expect(await acts()).toEqual([
      'operator experiment.create',
      'experiments:rule experiment.variant.stop',
      'experiments:rule experiment.decide',
    ]);
    expect(await variantsOf((await start()).id)).toEqual([null]);
    expect((await create()).status).toBe(201); // its template is free again
  });

  it('propose a winner, and leave it to the operator', async () => {
    const { id } = (await create()).body;
    await counts('control', 3_000, 2_000);
    await counts('short', 3_000, 2_400);
    await judgeAll();
    const read = await report(id);
    expect(read).toMatchObject({ status: 'running', inForce: true, proposal: 'short' });
    expect(read.arms[1]).toMatchObject({ conversion: 0.8, decision: 'winner', pValue: expect.any(Number) });
    expect(read.arms[1].pValue).toBeLessThan(0.001);
    expect(read.arms[1].differenceInterval[0]).toBeGreaterThan(0.05);
    expect((await byAdmin('POST', `${PATH}/${id}/stop`)).body).toMatchObject({ status: 'stopped', inForce: false });
  });

  it('give a winner to everybody where they are to, until an operator ends that', async () => {
    const { id } = (await create({ rule: 'apply-winner' })).body;
    await counts('control', 3_000, 2_000);
    await counts('short', 3_000, 2_400);
    await judgeAll();
    expect(await report(id)).toMatchObject({ status: 'decided', winner: 'short', inForce: true });
    for (let n = 0; n < 4; n++) expect(armIn((await start()).text())).toBe('short');
    expect((await create()).status).toBe(409);
    await byAdmin('POST', `${PATH}/${id}/stop`);
    expect(armIn((await start()).text())).toBe('control');
    expect(await report(id)).toMatchObject({ status: 'decided', winner: 'short', inForce: false });
  });

  it('do nothing where they are only to watch', async () => {
    const { id } = (await create({ rule: 'watch' })).body;
    await counts('control', 3_000, 2_400);
    await counts('short', 3_000, 1_000);
    await judgeAll();
    expect(await report(id)).toMatchObject({ status: 'running', arms: [{}, { decision: 'worse' }] });
  });

  it('warn when verifications did not come in their shares', async () => {
    const { id } = (await create()).body;
    await counts('control', 3_000, 2_000);
    await counts('short', 2_500, 1_700);
    expect((await report(id)).warnings).toEqual([expect.stringMatching(/shares of the weights/)]);
  });
});

it('lists experiments, the newest first, and writes down who did what', async () => {
  const first = (await create()).body;
  await byAdmin('POST', `${PATH}/${first.id}/stop`);
  await byAdmin('POST', `${PATH}/${first.id}/stop`);
  const second = (await create()).body;
  const { experiments } = (await byAdmin('GET', PATH)).body;
  expect(experiments.map(({ id }: { id: string }) => id)).toEqual([second.id, first.id]);
  const audited = await rows<{ act: string; subject: string }>('SELECT act, subject FROM admin_audit ORDER BY id');
  expect(audited).toEqual([
    { act: 'experiment.create', subject: first.id },
    { act: 'experiment.stop', subject: first.id },
    { act: 'experiment.create', subject: second.id },
  ]);
});
