import { setTimeout } from 'node:timers/promises';

import { Client } from 'pg';

import { PhoneNumber } from '../../src/kernel/index.js';
import { recordsIn, valuesFor } from '../../src/prisma/index.js';
import { COUNT_GUESS } from '../../src/verification/guess.sql.js';
import { serverUrl } from '../setup/database.js';
import { codeIn, startCluster, type Cluster, type Instance } from '../setup/instances.js';

const wrongFor = (code: string) => String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');
const phonesFrom = (first: number, count: number) => Array.from({ length: count }, (_, n) => `+1415555${first + n}`);
const PHONES = phonesFrom(2_000, 24);
const CAP_SPENT = 'COST_LIMIT_REACHED';

let cluster: Cluster;
let one: Instance;
let two: Instance;
const anyone = (n: number) => (n % 2 === 0 ? one : two);
const rows = (text: string) => cluster.data.database.query<Record<string, unknown>>({ name: '', text }, []);

/** What callers get to know, each of its own. */
interface Answer {
  readonly phone: string;
  readonly id?: string;
  readonly problem?: string;
}

async function start(phone: string, by: Instance): Promise<Answer> {
  try {
    return { phone, id: (await by.verifications.start({ phone, purpose: 'verification', channel: 'sms' })).id };
  } catch (error) {
    return { phone, problem: (error as { code?: string }).code ?? String(error) };
  }
}

async function check(id: string, code: string, by: Instance): Promise<string> {
  try {
    return (await by.verifications.check(id, code, 'tests')).valid ? 'right' : 'wrong';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

const problemsOf = (answers: readonly Answer[]) => answers.flatMap(({ problem }) => problem ?? []);
const isStarted = (answer: Answer): answer is Answer & { id: string } => answer.id !== undefined;
const textsTo = (phone: string) => cluster.twilio.ledger.filter(({ to }) => to === phone);
/** Every caller got the id of the verification whose code went to its phone, and of no other's. */
async function codesFit(answers: readonly Answer[]): Promise<void> {
  const mixedUp = await Promise.all(
    answers.filter(isStarted).map(async ({ phone, id }) => {
      const outcomes = [];
      for (const { body } of textsTo(phone)) outcomes.push(await check(id, codeIn(body), one));
      return outcomes.includes('right') ? [] : [{ phone, outcomes }];
    }),
  );
  expect(mixedUp.flat()).toEqual([]);
}
async function moneyAgrees(): Promise<void> {
  const [sums] = await rows(
    `SELECT (SELECT sum(held_micros) FROM spend_days)::int AS held, (SELECT sum(cost_micros) FROM attempts)::int AS booked,
       (SELECT count(*) FROM verifications)::int AS verifications, (SELECT count(*) FROM messages)::int AS messages,
       (SELECT count(*) FROM attempts WHERE outcome = 'accepted')::int AS texts, (SELECT sum(cardinality(hits)) FROM limit_windows)::int AS hits`,
  );
  const texts = cluster.twilio.ledger.length;
  expect(sums).toEqual({
    ...{ held: sums?.booked, booked: sums?.booked },
    ...{ verifications: texts, messages: texts, texts, hits: texts },
  });
}

async function begin(env: Record<string, string> = {}): Promise<void> {
  cluster = await startCluster(2, { SMS_RATE_LIMIT_PER_HOUR: '2', SMS_SEND_BUDGET_MS: '8000', ...env });
  [one, two] = cluster.instances as unknown as [Instance, Instance];
}
afterEach(() => cluster.close());

describe('starts that come together', () => {
  it('are exact for every phone, and every caller gets its own', async () => {
    await begin();
    const callers = [0, 1, 2, 3, 4].flatMap((n) => PHONES.map((phone, index) => start(phone, anyone(n + index))));
    const answers = await Promise.all(callers);
    expect(one.database.together).toContain('start_verification');
    for (const phone of PHONES) expect(textsTo(phone)).toHaveLength(2);
    expect(problemsOf(answers)).toEqual(Array(3 * PHONES.length).fill('RATE_LIMIT_EXCEEDED'));
    await moneyAgrees();
    await codesFit(answers);
  });

  it('do not suffer from one that is refused', async () => {
    await begin();
    const [guessedAt = '', optedOut = '', ...others] = PHONES;
    const first = await start(guessedAt, one);
    const code = codeIn(textsTo(guessedAt)[0]?.body);
    for (let n = 0; n < 5; n++) expect(await check(first.id!, wrongFor(code), one)).toBe('wrong');
    await rows(`UPDATE phones SET wrong_in_a_row = 100`);
    await one.optOuts.add(PhoneNumber.parse(optedOut), 'twilio');
    const answers = await Promise.all(PHONES.map((phone) => start(phone, one)));
    expect(one.database.together).toContain('start_verification');
    expect(answers.filter(isStarted).map(({ phone }) => phone)).toEqual(others);
    expect(problemsOf(answers)).toEqual(['TOO_MANY_CHECKS', 'DESTINATION_NOT_ALLOWED']);
    await codesFit(answers);
    await moneyAgrees();
  });

  it('stop at the cap to the text', async () => {
    // Two texts are reserved for each, one is booked: the last of those that fit must have been alone.
    await begin({ SMS_DAILY_COST_LIMIT: '0.20', SMS_COST_SHARE_FOR_KNOWN: '0', SMS_PROVIDERS: 'twilio' });
    const answers = await Promise.all([...PHONES, ...phonesFrom(3_000, 24)].map((phone, n) => start(phone, anyone(n))));
    const sent = answers.filter(isStarted).length;
    expect(new Set(problemsOf(answers))).toEqual(new Set([CAP_SPENT]));
    expect(cluster.twilio.ledger).toHaveLength(sent);
    await moneyAgrees();
    const [{ held } = {}] = await rows(`SELECT held_micros::int AS held FROM spend_days`);
    expect(Number(held)).toBeLessThanOrEqual(200_000);
    // Alone after one another they go as far as they can.
    let more = 0;
    for (const phone of phonesFrom(4_000, 48)) {
      if ((await start(phone, one)).problem === CAP_SPENT) break;
      more++;
    }
    const price = Number(held) / sent;
    expect((sent + more) * price).toBeLessThanOrEqual(200_000);
    expect((sent + more + 2) * price).toBeGreaterThan(200_000);
  });

  it('are told to nobody as sent when the answer of all of them is lost', async () => {
    await begin();
    one.database.lost.add('start_verification');
    const answers = await Promise.all(PHONES.map((phone) => start(phone, one)));
    expect(new Set(problemsOf(answers))).toEqual(new Set(['DATABASE_UNAVAILABLE']));
    expect(cluster.twilio.ledger).toEqual([]);
    one.database.lost.clear();
    expect(problemsOf(await Promise.all(PHONES.map((phone) => start(phone, one))))).toEqual([]);
    await moneyAgrees();
  });

  it('go on alone when a statement about several fails', async () => {
    await begin();
    let failures = 0;
    one.database.before.set('start_verification', (many) =>
      many > 1 && ++failures ? Promise.reject(new Error('deadlock detected')) : Promise.resolve(),
    );
    const answers = await Promise.all(PHONES.map((phone) => start(phone, one)));
    expect(failures).toBeGreaterThan(0);
    expect(problemsOf(answers)).toEqual([]);
    await codesFit(answers);
    await moneyAgrees();
  });
});

describe('guesses that come together', () => {
  it('are counted to the last, over instances, and one right one wins', async () => {
    await begin();
    const started = (await Promise.all(PHONES.map((phone) => start(phone, one)))).filter(isStarted);
    const codes = started.map(({ phone }) => codeIn(textsTo(phone)[0]?.body));
    const guesses = started.flatMap(({ id }, index) =>
      Array.from({ length: 9 }, (_, n) => check(id, wrongFor(codes[index]!), anyone(n))),
    );
    const answers = await Promise.all(guesses);
    expect(one.database.together).toContain('count_guess');
    expect(answers.filter((answer) => answer === 'wrong')).toHaveLength(5 * PHONES.length);
    expect(new Set(answers)).toEqual(new Set(['wrong', 'TOO_MANY_CHECKS']));
    expect(await rows(`SELECT DISTINCT checks FROM verifications`)).toEqual([{ checks: 5 }]);
    const counted = await rows(`SELECT DISTINCT cardinality(wrong_guesses) AS n, wrong_in_a_row AS row FROM phones`);
    expect(counted).toEqual([{ n: 5, row: 5 }]);
  });

  it('of one phone are counted each, however many of its verifications they are at', async () => {
    await begin({ SMS_RATE_LIMIT_PER_HOUR: '4' });
    const [phone = ''] = PHONES;
    const ids = (await Promise.all([0, 1, 2, 3].map(() => start(phone, one)))).filter(isStarted).map(({ id }) => id);
    expect(ids).toHaveLength(4);
    const known = new Set(textsTo(phone).map(({ body }) => codeIn(body)));
    const wrong = ['000001', '000002', '000003', '000004', '000005'].find((code) => !known.has(code))!;
    const answers = await Promise.all(ids.flatMap((id) => [0, 1, 2, 3].map((n) => check(id, wrong, anyone(n)))));
    expect(answers.filter((answer) => answer === 'wrong')).toHaveLength(10);
    expect(await rows(`SELECT cardinality(wrong_guesses) AS n FROM phones`)).toEqual([{ n: 10 }]);
    expect(await rows(`SELECT sum(checks)::int AS n FROM verifications`)).toEqual([{ n: 10 }]);
  });

  // The embedded database has one connection.
  (serverUrl ? it : it.skip)(
    'are not compared when the phone refuses for what was committed a moment ago',
    async () => {
      await begin({ SMS_RATE_LIMIT_PER_HOUR: '5' });
      const [phone = ''] = PHONES;
      const started = [];
      for (let n = 0; n < 5; n++) started.push(await start(phone, one));
      const [{ id = '' } = {}] = started;
      const right = textsTo(phone).map(({ body }) => codeIn(body));
      // The other four have eight guesses as their own, so this one has its two; the first of them is not committed yet.
      const other = new Client({ connectionString: cluster.data.url });
      await other.connect();
      await other.query('BEGIN');
      await other.query(COUNT_GUESS.text, [
        ...valuesFor(COUNT_GUESS, { guesses: recordsIn([{ id, purpose: null }]), at: null }),
      ]);
      const answers = [check(id, '000000', one), check(id, '000000', two)];
      await setTimeout(300);
      await other.query('COMMIT');
      await other.end();
      expect(right).not.toContain('000000');
      expect((await Promise.all(answers)).sort()).toEqual(['TOO_MANY_CHECKS', 'wrong']);
      expect(await rows(`SELECT checks FROM verifications WHERE id = '${id}'`)).toEqual([{ checks: 2 }]);
    },
  );

  it('that are right are approved once each, and taken back from their phones', async () => {
    await begin();
    const started = (await Promise.all(PHONES.map((phone) => start(phone, one)))).filter(isStarted);
    const guesses = started.map(({ phone, id }) => ({ id, code: codeIn(textsTo(phone)[0]?.body) }));
    const answers = await Promise.all(
      guesses.map(({ id, code }) => Promise.all([0, 1, 2].map((n) => check(id, code, anyone(n))))),
    );
    expect([...one.database.together, ...two.database.together]).toContain('approve');
    for (const of of answers) expect(of.filter((answer) => answer === 'right')).toHaveLength(1);
    expect(await rows(`SELECT DISTINCT status::text FROM verifications`)).toEqual([{ status: 'approved' }]);
    const states = await rows(
      `SELECT count(*)::int AS n, sum(wrong_in_a_row)::int AS row, count(approved_at)::int AS approved FROM phones`,
    );
    expect(states[0]).toMatchObject({ n: PHONES.length, approved: PHONES.length });
  });
});
