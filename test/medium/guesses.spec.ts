import { PhoneNumber } from '../../src/kernel/index.js';
import type { StartRequest } from '../../src/verification/index.js';
import { codeIn, startCluster, type Cluster, type Instance } from '../setup/instances.js';

const PHONE = '+14155552671';
const DAY_SECS = 86_400;
const request = (purpose = 'verification', phone = PHONE): StartRequest => ({ phone, purpose, channel: 'sms' });
const wrongFor = (code: string) => String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');

interface Started {
  readonly id: string;
  readonly code: string;
}

let cluster: Cluster;
let one: Instance;
const anyone = (index: number): Instance => cluster.instances[index % cluster.instances.length]!;

async function started(purpose?: string, phone?: string): Promise<Started> {
  const { id } = await one.verifications.start(request(purpose, phone));
  return { id, code: codeIn(cluster.twilio.ledger.at(-1)?.body) };
}

/** `right`, `wrong` or the public code of the refusal: what was compared is what was answered, whatever any column says. */
async function guess({ id }: Started, code: string, instance = one): Promise<string> {
  try {
    return (await instance.verifications.check(id, code, 'tests')).valid ? 'right' : 'wrong';
  } catch (error) {
    return (error as { code?: string }).code ?? 'a bug';
  }
}
const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Wrong guesses at all of them at once, until nobody compares any more. @returns how many were compared */
async function burn(verifications: readonly Started[], times = 12): Promise<number> {
  const answers = await Promise.all(
    Array.from({ length: times * verifications.length }, (_, index) => {
      const one = verifications[index % verifications.length]!;
      return guess(one, wrongFor(one.code), anyone(index));
    }),
  );
  expect(answers.filter((answer) => !['wrong', 'TOO_MANY_CHECKS'].includes(answer))).toEqual([]);
  return answers.filter((answer) => answer === 'wrong').length;
}

describe('wrong guesses at one phone', () => {
  beforeEach(async () => {
    cluster = await startCluster(3);
    one = cluster.instances[0];
  });
  afterEach(() => cluster.close());

  it('are compared 10 times in an hour, over verifications, purposes, instances and 60 callers at once', async () => {
    const all = [await started(), await started('login'), await started(), await started('checkout'), await started()];
    expect(await burn(all)).toBe(10);
    expect(await guess(all[0]!, all[0]!.code)).toBe('TOO_MANY_CHECKS');
  });

  it('are not given anew by a new verification, for which no text is sent', async () => {
    for (let times = 0; times < 2; times++) expect(await burn([await started()])).toBe(5);
    expect(await refusalOf(one.verifications.start(request()))).toMatchObject({
      code: 'TOO_MANY_CHECKS',
      extensions: { limit: 'phone-guesses-hour' },
      retryAfterSecs: expect.any(Number),
    });
    expect(cluster.twilio.ledger).toHaveLength(2);
    await cluster.data.age(3_601);
    // What was refused took none of the texts that the phone may get.
    expect(await one.verifications.start(request())).toMatchObject({ sendsLeft: 4 });
  });

  it('are compared 25 times in a day', async () => {
    let compared = 0;
    for (let hour = 0; hour < 4; hour++) {
      for (let times = 0; times < 2; times++) {
        const verification = await started().catch(() => undefined);
        if (verification) compared += await burn([verification]);
      }
      await cluster.data.age(3_601);
    }
    expect(compared).toBe(25);
    expect(await refusalOf(one.verifications.start(request()))).toMatchObject({
      extensions: { limit: 'phone-guesses-day' },
    });
    await cluster.data.age(DAY_SECS);
    expect(await burn([await started()])).toBe(5);
  });

  it('lock it when there were 100 in a row, until an operator opens it', async () => {
    let compared = 0;
    for (let day = 0; day < 6; day++) {
      for (let hour = 0; hour < 3; hour++) {
        for (let times = 0; times < 2; times++) {
          const verification = await started().catch(() => undefined);
          if (verification) compared += await burn([verification], 6);
        }
        await cluster.data.age(3_601);
      }
      await cluster.data.age(DAY_SECS);
    }
    expect(compared).toBe(100);
    await cluster.data.age(30 * DAY_SECS);
    expect(await refusalOf(one.verifications.start(request()))).toMatchObject({
      code: 'TOO_MANY_CHECKS',
      extensions: { limit: 'phone-guesses-in-a-row' },
    });
    await one.limits.reset(PhoneNumber.parse(PHONE));
    const { id, code } = await started();
    expect(await guess({ id, code }, code)).toBe('right');
  });

  it('in a row are counted anew after a right one', async () => {
    await burn([await started()]);
    const good = await started();
    expect(await guess(good, good.code)).toBe('right');
    const [row] = await cluster.data.database.query<{ wrong_in_a_row: number }>(
      { name: '', text: 'SELECT wrong_in_a_row FROM phones' },
      [],
    );
    expect(row).toEqual({ wrong_in_a_row: 0 });
  });
});

describe('an outsider who only knows the number', () => {
  beforeEach(async () => {
    cluster = await startCluster(3);
    one = cluster.instances[0];
  });
  afterEach(() => cluster.close());

  it.each([
    ['before the owner starts', 3, 0],
    ['while the owner types', 0, 4],
    ['before and after', 2, 2],
  ])('cannot lock its owner out of a verification by guessing %s', async (_, before, after) => {
    const earlier: Started[] = [];
    for (let times = 0; times < before; times++) earlier.push(await started());
    const own = await started();
    for (let times = 0; times < after; times++) earlier.push(await started());
    expect(await burn(earlier, 20)).toBe(8);
    expect(await guess(own, wrongFor(own.code))).toBe('wrong');
    expect(await guess(own, own.code)).toBe('right');
  });

  it('leaves the owner two guesses, or the verification is not started', async () => {
    await burn([await started()]);
    const other = await started();
    for (let times = 0; times < 3; times++) expect(await guess(other, wrongFor(other.code))).toBe('wrong');
    const own = await started();
    expect(await guess(other, wrongFor(other.code))).toBe('TOO_MANY_CHECKS');
    expect(await guess(own, wrongFor(own.code))).toBe('wrong');
    expect(await refusalOf(one.verifications.start(request()))).toMatchObject({ code: 'TOO_MANY_CHECKS' });
    expect(await guess(own, own.code)).toBe('right');
  });

  it('cannot by guessing at the very moment at which the owner starts', async () => {
    for (let round = 0; round < 12; round++) {
      const phone = `+1415555${2_700 + round}`;
      const first = await started(undefined, phone);
      await burn([first]);
      const other = await started(undefined, phone);
      for (let times = 0; times < 2; times++) await guess(other, wrongFor(other.code));
      // Three are left: the third, fourth and fifth guess at the older one, and another start, all at once with the owner's.
      const before = cluster.twilio.ledger.length;
      const [own, theirs] = await Promise.all([
        anyone(0)
          .verifications.start(request(undefined, phone))
          .catch(() => undefined),
        anyone(1)
          .verifications.start(request(undefined, phone))
          .catch(() => undefined),
        ...[0, 1, 2].map((index) => guess(other, wrongFor(other.code), anyone(index))),
      ]);
      for (const begun of [own, theirs]) {
        if (!begun) continue;
        const texts = cluster.twilio.ledger.slice(before).map(({ body }) => codeIn(body));
        // Which code is whose is not in the texts: the wrong one is a slip, and one slip is allowed.
        const answers = [];
        for (const code of texts) answers.push(await guess({ id: begun.id, code }, code));
        expect(answers).toContain('right');
      }
    }
  });
});

describe('right guesses', () => {
  beforeEach(async () => {
    cluster = await startCluster(1, { SMS_RATE_LIMIT_PER_HOUR: '100', SMS_RATE_LIMIT_PER_DAY: '100' });
    one = cluster.instances[0];
  });
  afterEach(() => cluster.close());

  it('use up nothing', async () => {
    for (let times = 0; times < 15; times++) {
      const { id, code } = await started();
      expect(await guess({ id, code }, code)).toBe('right');
    }
  });

  it('count as wrong while nobody knows what they were: the database was lost in between', async () => {
    const verification = await started();
    one.database.lost.add('approve');
    for (let times = 0; times < 3; times++) {
      expect(await guess(verification, verification.code)).toBe('DATABASE_UNAVAILABLE');
    }
    one.database.lost.clear();
    const other = await started();
    expect(await burn([other], 6)).toBe(5);
    expect(await burn([await started()], 6)).toBe(2);
  });

  it('of a number that is verified often start as many verifications as its texts allow', async () => {
    for (let times = 0; times < 12; times++) await started();
  });
});
