import { setTimeout as sleep } from 'node:timers/promises';

import { createLocalJWKSet, jwtVerify } from 'jose';

import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { codeIn, credentials } from '../setup/instances.js';
import { cleanUp, PRODUCTION, start, type Program } from '../setup/process.js';
import { FakeSns, FakeTwilio } from '../support/index.js';

const HOUR_MS = 3_600_000;
/** How far each process' wall clock jumps. */
const JUMPS_MS = [0, HOUR_MS, -24 * HOUR_MS] as const;
const LIMIT = 5;
const TTL_SECS = 600;

jest.setTimeout(60_000);
const onServer = serverUrl ? describe : describe.skip;

onServer('three processes, of which one jumps ahead by an hour and one back by a day', () => {
  let database: TestDatabase;
  let twilio: FakeTwilio;
  let sns: FakeSns;
  let programs: readonly Program[];
  let phones = 0;
  const newPhone = () => `+1415555${2600 + phones++}`;
  const texts = (phone: string) => [...twilio.ledger, ...sns.ledger].filter(({ to }) => to === phone);
  const codeFor = (phone: string) => codeIn(texts(phone)[0]?.body);
  const at = (place: number) => programs[place % 3] as Program;
  const [usual, ahead, behind] = [() => at(0), () => at(1), () => at(2)];
  let before: { readonly id: string; readonly phone: string }[];
  const limited = '+14155552599';

  beforeAll(async () => {
    [database, twilio, sns] = [await openTestDatabase(), await FakeTwilio.start(), await FakeSns.start()];
    const env = {
      ...PRODUCTION,
      ...credentials(twilio, sns),
      DATABASE_URL: database.url,
      SMS_RATE_LIMIT_PER_HOUR: String(LIMIT),
    };
    programs = await Promise.all(
      JUMPS_MS.map((jump) => start({ ...env, CLOCK_JUMP_MS: String(jump) }, { preloads: ['clock'] })),
    );
    for (const program of programs) await program.send(limited);
    before = [];
    for (const program of programs) {
      const phone = newPhone();
      before.push({ id: (await program.send(phone)).body.id, phone });
    }
    for (const program of programs) program.signal('SIGWINCH');
    for (const [place, program] of programs.entries()) {
      const said = () => /the clock says (\S+)/.exec(program.stdout)?.[1];
      for (const end = performance.now() + 5_000; !said() && performance.now() < end; ) await sleep(20);
      const jumped = Date.parse(said() ?? '') - Date.now();
      expect(Math.abs(jumped - (JUMPS_MS[place] ?? 0))).toBeLessThan(60_000);
    }
  });
  afterAll(async () => {
    await cleanUp();
    await Promise.all([twilio.close(), sns.close()]);
    await database.drop();
  });

  it('count the texts of a number as one', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => at(i).send(limited)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(LIMIT - programs.length);
    expect(texts(limited)).toHaveLength(LIMIT);
    for (const answer of answers.filter(({ status }) => status === 429)) {
      const wait = Number(answer.headers.get('retry-after'));
      expect(wait).toBeGreaterThan(3_500);
      expect(wait).toBeLessThanOrEqual(3_600);
    }
  });

  it('prove with the time that it is', async () => {
    const keys = createLocalJWKSet((await usual().call('GET', '/.well-known/jwks.json')).body);
    for (const [place, { id, phone }] of before.entries()) {
      // Another one than sent it.
      const { body } = await at(place + 1).check(id, codeFor(phone));
      expect(body).toMatchObject({ valid: true });
      const { payload } = await jwtVerify(body.proof, keys, { maxTokenAge: 60, clockTolerance: 5 });
      expect(payload.exp).toBe((payload.iat ?? 0) + 600);
    }
  });

  it('let codes live as long as they say', async () => {
    const sent = [];
    for (const program of programs) {
      const phone = newPhone();
      const { body } = await program.send(phone);
      expect(Math.abs(Date.parse(body.expiresAt) - Date.now() - TTL_SECS * 1_000)).toBeLessThan(10_000);
      sent.push({ id: body.id as string, phone });
    }
    await database.age(TTL_SECS - 20);
    const [first, second, third] = sent as [(typeof sent)[0], (typeof sent)[0], (typeof sent)[0]];
    expect((await ahead().check(first.id, codeFor(first.phone))).body).toMatchObject({ valid: true });
    expect((await ahead().call('GET', `/v1/verifications/${second.id}`)).body).toMatchObject({ status: 'pending' });
    await database.age(20);
    for (const { id, phone } of [second, third]) {
      expect(await behind().check(id, codeFor(phone))).toMatchObject({ status: 410 });
      expect((await behind().call('GET', `/v1/verifications/${id}`)).body).toMatchObject({ status: 'expired' });
    }
  });

  it('leave each other what is under way', async () => {
    twilio.behave({ kind: 'latency', ms: 2_500 });
    const sends = programs.flatMap((program) => [newPhone(), newPhone()].map((phone) => ({ program, phone })));
    const answers = await Promise.all(sends.map(({ program, phone }) => program.send(phone)));
    twilio.heal();
    await sleep(1_500); // a look at the outbox by each of them
    expect(answers.map(({ status }) => status)).toEqual(sends.map(() => 201));
    for (const { phone } of sends) expect(texts(phone)).toHaveLength(1);
  });

  it.each([
    ['ahead', ahead],
    ['behind', behind],
  ])('fail over and come back where the clock is %s', async (_, program) => {
    twilio.down();
    sns.heal();
    // The first signature for Amazon has the wrong time in it; its answer says the right one.
    const byBackup = async () => {
      const phone = newPhone();
      return (await program().send(phone)).body.delivery === 'accepted' && texts(phone).length === 1;
    };
    for (const end = performance.now() + 15_000; !(await byBackup()); await sleep(500))
      expect(performance.now()).toBeLessThan(end);
    for (let i = 0; i < 5; i++) expect(await byBackup()).toBe(true);
    const standing = async () => JSON.stringify((await program().call('GET', '/health/providers')).body);
    expect(await standing()).toContain('suspended');

    twilio.heal();
    const healed = performance.now();
    const sent = twilio.ledger.length;
    for (; twilio.ledger.length === sent; await sleep(500)) {
      expect(performance.now() - healed).toBeLessThan(12_000);
      await program().send(newPhone());
    }
  });
});
