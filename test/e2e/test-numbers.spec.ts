import { Database, type Database as AnyDatabase } from '../../src/prisma/index.js';
import { adminKey } from '../setup/admin.js';
import { startApp, type TestApp } from '../setup/app.js';
import { asked } from '../setup/background.js';
import { PRODUCTION, twilioEnv } from '../setup/process.js';
import { FakeTwilio } from '../support/index.js';

jest.setTimeout(60_000);

const NUMBER = '+15005550006';
const CODE = '493817';
const WRONG = '493818';
/** A number of somebody, who gets a text. */
const PERSON = '+14155552671';

let twilio: FakeTwilio;
let app: TestApp;
beforeAll(async () => {
  twilio = await FakeTwilio.start();
  app = await startApp({
    ...twilioEnv(twilio),
    TEST_NUMBERS: `${NUMBER}=${CODE},+12025550110=118822,+12025550111=902817`,
    TEST_NUMBERS_VALID_UNTIL: new Date(Date.now() + 3_600_000).toISOString(),
    SMS_RATE_LIMIT_PER_HOUR: '2',
    SMS_DAILY_COST_LIMIT: '0.10',
  });
});
afterAll(async () => {
  await app.close();
  await twilio.close();
});

const start = (phone = NUMBER, more = {}) => app.call('POST', '/v1/verifications', { phone, ...more });
const check = (id: string, code: string) => app.call('POST', `/v1/verifications/${id}/check`, { code });
const database = () => app.app.get<AnyDatabase>(Database);
const countOf = async (table: string) => {
  const [row] = await database().query<{ n: number }>(
    { name: '', text: `SELECT count(*)::int AS n FROM ${table}` },
    [],
  );
  return row!.n;
};

/** Names of the statements that were run for `work`. */
async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const seen = jest.spyOn(database(), 'query');
  await work();
  const names = asked(seen.mock.calls.map(([{ name }]) => name));
  seen.mockRestore();
  return names;
}

describe('a test number', () => {
  it('has one right code, and gets no text', async () => {
    const { status, body } = await start();
    expect([status, body]).toMatchObject([201, { status: 'pending', phone: '+******0006', checksLeft: 5 }]);
    expect(body).not.toHaveProperty('testCode');
    expect(body).not.toHaveProperty('messageId');
    expect((await check(body.id, WRONG)).body).toEqual({ status: 'pending', valid: false, checksLeft: 4 });
    const approved = (await check(body.id, CODE)).body;
    expect(approved).toEqual({ status: 'approved', valid: true, proof: expect.any(String) });
    expect((await check(body.id, CODE)).status).toBe(404);
    expect(twilio.ledger).toEqual([]);
  });

  it('knows no limits, no price and no statistics', async () => {
    const tables = ['messages', 'attempts', 'limit_windows', 'send_decisions', 'spend_days'];
    const before = await Promise.all(tables.map(countOf));
    for (let n = 0; n < 8; n++) expect((await start()).status).toBe(201);
    expect(await Promise.all(tables.map(countOf))).toEqual(before);
    expect(twilio.ledger).toEqual([]);
  });

  it('is not in the conversion, neither begun nor approved', async () => {
    const headers = { authorization: `Bearer ${await adminKey(app)}` };
    const conversion = async () => {
      const metrics = String((await app.call('GET', '/metrics', undefined, headers)).body);
      const counted = metrics.match(/^sixdigit_verifications_(?:started|approved)_total.*$/gm);
      return [counted, (await app.call('GET', '/v1/admin/now', undefined, headers)).body.verifications];
    };
    const before = await conversion();
    expect(before[1]).toMatchObject({ started: expect.any(Number) });
    const { id } = (await start()).body;
    expect((await check(id, CODE)).body.valid).toBe(true);
    await new Promise((over) => setTimeout(over, 5_100)); // an hour of verifications is read so rarely
    expect(await conversion()).toEqual(before);
  });

  it('is resent nothing, and answers as it stands', async () => {
    const { id } = (await start()).body;
    await check(id, WRONG);
    const resent = await app.call('POST', `/v1/verifications/${id}/resend`, {});
    expect([resent.status, resent.body]).toMatchObject([201, { id, checksLeft: 4 }]);
    expect(twilio.ledger).toEqual([]);
  });

  it('gets no other text either', async () => {
    const { status, body } = await app.call('POST', '/v1/messages', { to: NUMBER, body: 'Your table is ready.' });
    expect([status, body.code, body.reason]).toEqual([403, 'DESTINATION_NOT_ALLOWED', 'test_number']);
    expect(twilio.ledger).toEqual([]);
  });

  it('is one statement to start, and a person costs none more', async () => {
    expect(await statementsOf(() => start())).toEqual(['start_test_verification']);
    const { id } = (await start()).body;
    expect(await statementsOf(() => check(id, CODE))).toEqual(['count_guess', 'approve']);
    const names = await statementsOf(() => start(PERSON));
    expect(names.filter((name) => name !== 'tell_webhooks')).toEqual(['start_verification', 'record_dispatch']);
  });

  it('logs in, and its code is in no log', async () => {
    const headers = { authorization: '' };
    const started = await app.call('POST', '/v1/auth/phone/start', { phone: NUMBER }, headers);
    expect(started.status).toBe(201);
    const verified = await app.call('POST', '/v1/auth/phone/verify', { id: started.body.id, code: CODE }, headers);
    expect(verified.body).toMatchObject({ accessToken: expect.any(String) });
    expect((await app.call('POST', '/v1/auth/phone/verify', { id: started.body.id, code: CODE }, headers)).status).toBe(
      404,
    );
    for (const secret of [CODE, '118822', NUMBER, '5005550006']) expect(app.log()).not.toContain(secret);
  });

  it("is not to be told from a person's number by what a login's start answers", async () => {
    const begun = async (phone: string) => {
      const { body, headers } = await app.call('POST', '/v1/auth/phone/start', { phone }, { authorization: '' });
      const { id, phone: masked, expiresAt, nextSendAt, ...same } = body;
      expect([id, masked]).toEqual([expect.any(String), `+******${phone.slice(-4)}`]);
      const pause = Math.round((Date.parse(expiresAt) - Date.parse(nextSendAt)) / 1_000);
      return { ...same, pause, names: [...headers.keys()].sort() };
    };
    const person = await begun('+14155552672');
    expect(person).toMatchObject({ sendsLeft: 1, checksLeft: 5, pause: 570 });
    expect(await begun(NUMBER)).toEqual(person);
  });

  it('repeats with its idempotency key, and with another number that key is refused', async () => {
    const headers = { 'idempotency-key': 'test-number-1' };
    const [first, again] = [
      await app.call('POST', '/v1/verifications', { phone: NUMBER }, headers),
      await app.call('POST', '/v1/verifications', { phone: NUMBER }, headers),
    ];
    expect(again.body).toEqual(first.body);
    expect((await app.call('POST', '/v1/verifications', { phone: '+12025550110' }, headers)).status).toBe(422);
  });
});

describe('attacks on a test number', () => {
  it('let 40 right codes at once win once', async () => {
    const { id } = (await start('+12025550110')).body;
    const answers = await Promise.all(Array.from({ length: 40 }, () => check(id, '118822')));
    expect(answers.filter(({ body }) => body.valid === true)).toHaveLength(1);
  });

  it('get five guesses of 60 at once, and ten an hour over all', async () => {
    const number = '+12025550111';
    let evaluated = 0;
    for (let round = 0; round < 4; round++) {
      const { status, body } = await start(number);
      if (status !== 201) break;
      const guess = (n: number) => check(body.id, String(100_000 + round * 100 + n));
      const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => guess(n)));
      const wrong = answers.filter((answer) => answer.status === 200);
      expect(wrong.length).toBeLessThanOrEqual(5);
      evaluated += wrong.length;
    }
    expect(evaluated).toBe(10);
    const { status, body } = await start(number);
    // Locked: even the right code is not compared any more.
    if (status === 201) expect((await check(body.id, '902817')).status).toBe(429);
  });

  it('do not open another number by its code', async () => {
    const { id } = (await start(PERSON)).body;
    expect((await check(id, CODE)).body).toMatchObject({ valid: false });
    const { id: test } = (await start()).body;
    expect((await check(test, '118822')).body).toMatchObject({ valid: false });
  });
});

describe('when its time is over', () => {
  it('is a number like any other, and what was begun has no right code', async () => {
    const other = await startApp({
      ...twilioEnv(twilio),
      TEST_NUMBERS: `${NUMBER}=${CODE}`,
      TEST_NUMBERS_VALID_UNTIL: new Date(Date.now() + 4_000).toISOString(),
    });
    const begin = () => other.call('POST', '/v1/verifications', { phone: NUMBER });
    const { id } = (await begin()).body;
    await new Promise((over) => setTimeout(over, 4_100));
    expect((await other.call('POST', `/v1/verifications/${id}/check`, { code: CODE })).body).toMatchObject({
      valid: false,
    });
    const sent = twilio.ledger.length;
    await begin();
    expect(twilio.ledger).toHaveLength(sent + 1);
    await other.close();
  });
});

describe('in production', () => {
  const soon = new Date(Date.now() + 86_400_000).toISOString();
  const up = (env: Record<string, string>) =>
    startApp({ ...PRODUCTION, ...twilioEnv(twilio), PUBLIC_BASE_URL: 'https://v.example', ...env });

  it('is refused with every fault, unless it is named, ends and is hard to guess', async () => {
    const refusal = up({ TEST_NUMBERS: `${NUMBER}=123456,+12025550110=777777` });
    await expect(refusal).rejects.toThrow(/TEST_NUMBERS: lets whoever knows[^]*TEST_NUMBERS_IN_PRODUCTION=true/);
    await expect(refusal).rejects.toThrow(/TEST_NUMBERS_VALID_UNTIL: is unset/);
    await expect(refusal).rejects.toThrow(/\+\*{6}0006 a code that is guessed first[^]*\+\*{6}0110 a code/);
    await expect(refusal).rejects.not.toThrow(/123456|777777/);
    const far = new Date(Date.now() + 91 * 86_400_000).toISOString();
    const named = { TEST_NUMBERS: `${NUMBER}=${CODE}`, TEST_NUMBERS_IN_PRODUCTION: 'true' };
    await expect(up({ ...named, TEST_NUMBERS_VALID_UNTIL: far })).rejects.toThrow(/more than 90 days away/);
    await expect(up({ ...named, TEST_NUMBERS: 'x=1', TEST_NUMBERS_VALID_UNTIL: soon })).rejects.toThrow(/item 1/);
  });

  it('works when it is named', async () => {
    const named = {
      TEST_NUMBERS: `${NUMBER}=${CODE}`,
      TEST_NUMBERS_IN_PRODUCTION: 'true',
      TEST_NUMBERS_VALID_UNTIL: soon,
    };
    const production = await up(named);
    const sent = twilio.ledger.length;
    const { id } = (await production.call('POST', '/v1/verifications', { phone: NUMBER })).body;
    expect((await production.call('POST', `/v1/verifications/${id}/check`, { code: CODE })).body.valid).toBe(true);
    expect(twilio.ledger).toHaveLength(sent);
    await production.close();
  });
});
