import { setTimeout as sleep } from 'node:timers/promises';

import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';

import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { codeIn, credentials } from '../setup/instances.js';
import { cleanUp, dataFolder, PRODUCTION, start, type Program } from '../setup/process.js';
import { FakeSns, FakeTwilio, type Behaviour } from '../support/index.js';

/** Texts for one number. */
const LIMIT = 6;
/** Of a message, with the budget below. */
const LEASE_MS = 7_500;
/** From the restart until everything that was accepted is sent or has ended. */
const RECOVERY_MS = 30_000;
const BASE_URL = 'https://verify.example.com';
const BUSY: Behaviour = { kind: 'status', status: 429 };
const SENT_AND_503: Behaviour = { kind: 'accept-then-status', status: 503 };

interface Case {
  /** Where the request is when the process dies. */
  readonly at: string;
  readonly twilio?: Behaviour;
  readonly sns?: Behaviour;
  /** What the phone has got in the end, and what that cost of its limit. */
  readonly texts: number;
  readonly hits: number;
}

const STARTS: readonly Case[] = [
  { at: 'before start_verification', texts: 0, hits: 0 },
  { at: 'after start_verification', texts: 1, hits: 1 },
  { at: 'before POST', texts: 1, hits: 1 },
  { at: 'after POST', texts: 2, hits: 1 },
  { at: 'before record_dispatch', texts: 2, hits: 1 },
  { at: 'after record_dispatch', texts: 1, hits: 1 },
  { at: 'before fail_over', twilio: SENT_AND_503, texts: 2, hits: 1 },
  // Two may be out, so nobody tries a third time: not even if the second never left.
  { at: 'after fail_over', twilio: SENT_AND_503, texts: 1, hits: 1 },
  { at: 'after POST 2', twilio: SENT_AND_503, texts: 2, hits: 1 },
];
/** Answered with 201 "queued", and then under way in the background. */
const QUEUED: readonly Case[] = [
  { at: 'outbox: after claim_messages', twilio: BUSY, sns: BUSY, texts: 1, hits: 1 },
  { at: 'outbox: before POST', twilio: BUSY, sns: BUSY, texts: 1, hits: 1 },
  { at: 'outbox: after POST', twilio: BUSY, sns: BUSY, texts: 2, hits: 1 },
  { at: 'outbox: after record_dispatch', twilio: BUSY, sns: BUSY, texts: 1, hits: 1 },
];
/** The first text arrived before. */
const RESENDS: readonly Case[] = [
  { at: 'before resend_verification', texts: 1, hits: 1 },
  { at: 'after resend_verification', texts: 2, hits: 2 },
  { at: 'after POST', texts: 3, hits: 2 },
  { at: 'after record_dispatch', texts: 2, hits: 2 },
];
/** Twilio took the text and then gave it up: the other provider sends another, whichever report gets that far. */
const REPORTS: readonly Case[] = [
  { at: 'before record_report', texts: 2, hits: 1 },
  { at: 'after record_report', texts: 2, hits: 1 },
];
/** Wrong guesses before, the point where the right one is when the process dies, and what the next right ones are told. */
const CHECKS = [
  { wrong: 0, at: 'before count_guess', then: [200, 404] },
  { wrong: 3, at: 'after count_guess', then: [200, 404] },
  { wrong: 4, at: 'after count_guess', then: [429, 429] },
  { wrong: 3, at: 'before approve', then: [200, 404] },
  { wrong: 0, at: 'after approve', then: [404, 404] },
] as const;

let twilio: FakeTwilio;
let sns: FakeSns;
let database: TestDatabase | undefined;
let env: Record<string, string | undefined>;
let program: Program;
let phones = 0;

const newPhone = () => `+1415555${2600 + phones++}`;
const textsTo = (phone: string) => [...twilio.ledger, ...sns.ledger].filter(({ to }) => to === phone);
const until = async (holds: () => boolean, ms: number) => {
  for (const end = performance.now() + ms; performance.now() < end && !holds(); ) await sleep(20);
};

jest.setTimeout(90_000);
beforeAll(async () => {
  [twilio, sns] = await Promise.all([FakeTwilio.start(), FakeSns.start()]);
  database = serverUrl ? await openTestDatabase() : undefined;
  const where = database?.url ? { DATABASE_URL: database.url } : { DATA_DIR: await dataFolder() };
  // A short budget makes a short lease.
  const times = { SMS_ATTEMPT_TIMEOUT_MS: '1500', SMS_SEND_BUDGET_MS: '2500' };
  env = {
    ...PRODUCTION,
    ...where,
    ...credentials(twilio, sns),
    ...times,
    PUBLIC_BASE_URL: BASE_URL,
    SMS_RATE_LIMIT_PER_HOUR: String(LIMIT),
  };
});
afterAll(async () => {
  await cleanUp();
  await Promise.all([twilio.close(), sns.close()]);
  await database?.drop();
});

/** What Twilio posts when a text cannot be delivered. */
function reportOf(phone: string): readonly [path: string, body: string, headers: Record<string, string>] {
  const { id = '', fields = {} } = twilio.ledger.find(({ to }) => to === phone) ?? {};
  const url = fields.StatusCallback?.replace(/#.*/, '') ?? BASE_URL;
  const form = {
    MessageSid: id,
    MessageStatus: 'undelivered',
    ErrorCode: '30008',
    To: phone,
    AccountSid: twilio.accountSid,
  };
  const signature = getExpectedTwilioSignature('test-token', url, form);
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature };
  return [new URL(url).pathname, new URLSearchParams(form).toString(), headers];
}

/** Asks for what will never be answered. Returns when the work is held where it is to be. */
async function held(at: string, method: string, path: string, body: object | string, headers = {}): Promise<void> {
  const count = () => program.stdout.split(`held: ${at}\n`).length;
  const before = count();
  program.call(method, path, body, { ...headers, 'x-failpoint': at }).catch(() => undefined);
  await until(() => count() > before, 10_000);
  if (count() === before) throw new Error(`Nothing got to the point "${at}":\n${program.stdout}`);
}

describe('kill -9 while requests are at', () => {
  const startsOf = new Map<Case, string>();
  const resendsOf = new Map<Case, string>();
  const reportsOf = new Map<Case, string>();
  const checksOf = new Map<object, { readonly id: string; readonly code: string }>();
  let restarted = 0;

  const opened = async (phone: string) => {
    const { body, status } = await program.send(phone);
    expect(status).toBe(201);
    return { id: body.id as string, code: codeIn(textsTo(phone)[0]?.body) };
  };
  const wrongFor = (code: string) => (code === '000000' ? '000001' : '000000');

  beforeAll(async () => {
    program = await start(env, { preloads: ['failpoints', 'cooldown'] });
    for (const check of CHECKS) {
      const verification = await opened(newPhone());
      checksOf.set(check, verification);
      const { id, code } = verification;
      for (let i = 0; i < check.wrong; i++)
        expect((await program.check(id, wrongFor(code))).body).toMatchObject({ valid: false });
      await held(check.at, 'POST', `/v1/verifications/${id}/check`, { code });
    }
    for (const resend of RESENDS) {
      const phone = newPhone();
      resendsOf.set(resend, phone);
      await held(resend.at, 'POST', `/v1/verifications/${(await opened(phone)).id}/resend`, {});
    }
    for (const queued of QUEUED) {
      const phone = newPhone();
      startsOf.set(queued, phone);
      twilio.behave(BUSY);
      sns.behave(BUSY);
      const answer = await program.call('POST', '/v1/verifications', { phone }, { 'x-failpoint': queued.at });
      expect(answer).toMatchObject({ status: 201, body: { delivery: 'queued' } });
    }
    for (const each of STARTS) {
      const phone = newPhone();
      startsOf.set(each, phone);
      twilio.heal();
      sns.heal();
      if (each.twilio) twilio.behave(each.twilio, 1);
      await held(each.at, 'POST', '/v1/verifications', { phone });
    }
    // Last, so that their follow-ups meet a provider that is well.
    for (const report of REPORTS) {
      const phone = newPhone();
      reportsOf.set(report, phone);
      await opened(phone);
      const [path, form, headers] = reportOf(phone);
      await held(report.at, 'POST', path, form, headers);
    }
    await sleep(1_000); // until all that is queued is due
    await program.call('GET', '/health/live', undefined, { 'x-failpoint': 'outbox: go' });
    await until(() => QUEUED.every(({ at }) => program.stdout.includes(`held: ${at}\n`)), 5_000);
    for (const { at } of QUEUED) expect(program.stdout).toContain(`held: ${at}\n`);
    expect(await program.stop('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });

    program = await start(env, { preloads: ['cooldown'] });
    restarted = performance.now();
    for (const phone of reportsOf.values()) {
      const [path, form, headers] = reportOf(phone);
      // Twilio was not answered, so it tells again.
      expect(await program.call('POST', path, form, headers)).toMatchObject({ status: 204 });
    }
    const all = [...startsOf, ...resendsOf, ...reportsOf];
    await until(() => all.every(([{ texts }, phone]) => textsTo(phone).length >= texts), RECOVERY_MS);
    await sleep(1_500); // for what should not come
    expect(performance.now() - restarted).toBeLessThan(RECOVERY_MS);
  });

  const judge = async (phone: string, { texts, hits }: Case) => {
    expect(textsTo(phone)).toHaveLength(texts);
    expect(new Set(textsTo(phone).map(({ body }) => codeIn(body))).size).toBe(Math.min(texts, 1));
    // No hit is lost, and none is taken twice.
    expect((await program.send(phone)).body).toMatchObject({ sendsLeft: LIMIT - hits - 1 });
  };

  it.each(STARTS)('a start, $at: $texts text(s)', (each) => judge(startsOf.get(each) ?? '', each));
  it.each(QUEUED)('a start that was answered "queued", $at: $texts text(s)', (each) =>
    judge(startsOf.get(each) ?? '', each),
  );
  it.each(RESENDS)('a resend, $at: $texts texts', (each) => judge(resendsOf.get(each) ?? '', each));

  it.each(REPORTS)('a report of a failure, $at: $texts texts', (each) => judge(reportsOf.get(each) ?? '', each));

  it.each(CHECKS)('the check of the right code after $wrong wrong ones, $at: then $then', async (each) => {
    const { id, code } = checksOf.get(each) ?? { id: '', code: '' };
    const answers = [await program.check(id, code), await program.check(id, code)];
    expect(answers.map(({ status }) => status)).toEqual(each.then);
    const approved = answers.some(({ status }) => status !== 429);
    expect((await program.call('GET', `/v1/verifications/${id}`)).body).toMatchObject({
      status: approved ? 'approved' : 'pending',
    });
  });
});

describe('kill -9 while several are at', () => {
  const CROWD = 8;
  /** How many texts each of those gets that are held; who was there alone before them may have got anywhere. */
  const POINTS = [
    { at: 'together: after start_verification', texts: 1 },
    { at: 'together: before record_dispatch', texts: 2 },
  ] as const;

  it.each(POINTS)('$at: $texts text(s)', async ({ at, texts: expected }) => {
    for (const provider of [twilio, sns]) provider.behave({ kind: 'latency', ms: 100 });
    await program?.stop();
    program = await start(env, { preloads: ['failpoints'] });
    const crowd = Array.from({ length: CROWD }, newPhone);
    const body = (phone: string) => ['POST', '/v1/verifications', { phone }] as const;
    const answers = crowd.map((phone) => program.call(...body(phone), { 'x-failpoint': at }).catch(() => undefined));
    await until(() => program.stdout.includes(`held: ${at}\n`), 10_000);
    expect(program.stdout).toContain(`held: ${at}\n`);
    await sleep(500);
    expect(await program.stop('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
    await Promise.all(answers);

    program = await start(env);
    await until(() => crowd.every((phone) => textsTo(phone).length > 0), RECOVERY_MS);
    await sleep(LEASE_MS + 2_000); // for what should not come
    expect(crowd.filter((phone) => textsTo(phone).length === expected).length).toBeGreaterThanOrEqual(2);
    for (const phone of crowd) {
      const texts = textsTo(phone);
      expect(texts.length).toBeGreaterThanOrEqual(1);
      expect(texts.length).toBeLessThanOrEqual(2);
      expect(new Set(texts.map(({ body: text }) => codeIn(text))).size).toBe(1);
      expect((await program.send(phone)).body).toMatchObject({ sendsLeft: LIMIT - 2 });
    }
  });
});

describe('kill -9 in the middle of a crowd', () => {
  const CLIENTS = 8;

  it.each([0, 800])('loses nobody who was answered, and sends nobody a third text (%i ms)', async (ms) => {
    twilio.heal();
    sns.heal();
    await program?.stop();
    program = await start(env);
    const ids = new Map<string, string | undefined>();
    let killed = false;
    const client = async () => {
      while (!killed) {
        const phone = newPhone();
        ids.set(phone, undefined);
        const answer = await program.send(phone).catch(() => undefined);
        if (answer) ids.set(phone, answer.body.id);
        else return;
      }
    };
    const crowd = Promise.all(Array.from({ length: CLIENTS }, client));
    await until(() => [...ids.values()].some(Boolean), 10_000);
    await sleep(ms);
    killed = true;
    await program.stop('SIGKILL');
    await crowd;

    program = await start(env);
    const answered = [...ids].filter(([, id]) => id !== undefined);
    const silent = [...ids].filter(([, id]) => id === undefined);
    expect(answered.length).toBeGreaterThan(0);
    expect(silent.length).toBeGreaterThan(0);
    await until(() => answered.every(([phone]) => textsTo(phone).length > 0), RECOVERY_MS);
    await sleep(LEASE_MS + 2_000); // what was not answered was not promised, but goes out, too
    for (const [phone] of ids) {
      const texts = textsTo(phone);
      expect(texts.length).toBeLessThanOrEqual(2);
      expect(new Set(texts.map(({ body }) => codeIn(body))).size).toBe(Math.min(texts.length, 1));
    }
    for (const [phone, id] of answered) {
      expect(textsTo(phone)).not.toHaveLength(0);
      expect((await program.call('GET', `/v1/verifications/${id}`)).body).toMatchObject({ sendsLeft: LIMIT - 1 });
    }
    for (const [phone] of silent) {
      const hits = textsTo(phone).length > 0 ? 1 : 0;
      expect((await program.send(phone)).body).toMatchObject({ sendsLeft: LIMIT - 1 - hits });
    }
  });
});
