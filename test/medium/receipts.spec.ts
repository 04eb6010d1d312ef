import { setTimeout as wait } from 'node:timers/promises';

import { startCluster, type Cluster, type Instance } from '../setup/instances.js';

const until = async (isSo: () => boolean) => {
  while (!isSo()) await wait(5);
};

let cluster: Cluster;
let one: Instance;
let two: Instance;

beforeEach(async () => {
  cluster = await startCluster(2, { SMS_RATE_LIMIT_PER_HOUR: '3', SMS_SEND_BUDGET_MS: '8000' });
  [one, two] = cluster.instances as unknown as [Instance, Instance];
});
afterEach(() => cluster.close());

const PHONES = Array.from({ length: 16 }, (_, index) => `+1415555${2_000 + index}`);
const start = (phone: string, by = one) => by.verifications.start({ phone, purpose: 'verification', channel: 'sms' });
const rows = (text: string) => cluster.data.database.query<Record<string, unknown>>({ name: '', text }, []);
const together = (by: Instance) => by.database.together.filter((name) => name === 'record_dispatch').length;

/** Whatever texts there are must agree with the window, the day and the provider, text by text. */
async function agrees(sent: number) {
  const told = cluster.twilio.ledger.map(({ id }) => id).sort();
  expect(told).toHaveLength(sent);
  const attempts = await rows(
    `SELECT provider_message_id AS id FROM attempts WHERE outcome = 'accepted' AND ended_at IS NOT NULL AND cost_micros = price_micros ORDER BY 1`,
  );
  expect(attempts.map(({ id }) => id).sort()).toEqual(told);
  expect(await rows(`SELECT DISTINCT status::text, is_held FROM messages`)).toEqual([
    { status: 'accepted', is_held: false },
  ]);
  // Every hit is where its text was taken, and no other hit is there.
  const hits = await rows(
    `SELECT w.hits = (SELECT array_agg(m.updated_at ORDER BY m.updated_at) FROM messages AS m WHERE m.phone_key = w.key) AS same FROM limit_windows AS w`,
  );
  expect(hits).toEqual(PHONES.map(() => ({ same: true })));
  const [day] = await rows(
    `SELECT (SELECT sum(held_micros) FROM spend_days) = (SELECT sum(cost_micros) FROM attempts) AS same`,
  );
  expect(day).toEqual({ same: true });
}

it('what providers took at once is written down together, each once, by however many', async () => {
  cluster.twilio.behave({ kind: 'latency', ms: 50 });
  const callers = [0, 1, 2, 3].flatMap((n) => PHONES.map((phone) => ({ phone, by: n % 2 ? one : two })));
  const outcomes = await Promise.allSettled(callers.map(({ phone, by }) => start(phone, by)));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3 * PHONES.length);
  expect(together(one) + together(two)).toBeGreaterThan(0);
  await agrees(3 * PHONES.length);
});

it('leaves to the other statement what has more to it', async () => {
  cluster.twilio.behave({ kind: 'latency', ms: 50 });
  let isTold = false;
  // A report overtakes the answer of one of them.
  one.database.before.set('record_dispatch', async (many) => {
    if (isTold || many === 1) return;
    isTold = true;
    const [attempt] = await rows(
      `SELECT a.id FROM attempts AS a JOIN messages AS m ON m.id = message_id WHERE m.status = 'sending' ORDER BY m.id DESC LIMIT 1`,
    );
    await two.reports.record('twilio', {
      attemptId: String(attempt?.id),
      status: 'delivered',
      providerMessageId: 'SM1',
    });
  });
  const started = await Promise.all(PHONES.map((phone) => start(phone)));
  expect(isTold).toBe(true);
  expect(one.database.statements).toContain('record_dispatch_in_full');
  const states = await rows(`SELECT status::text, count(*)::int AS n FROM messages GROUP BY status ORDER BY 1`);
  expect(states).toEqual([
    { status: 'accepted', n: started.length - 1 },
    { status: 'delivered', n: 1 },
  ]);
});

it.each(['turn = turn + 1', 'is_held = false', 'followed_up = true'])(
  'leaves alone what is not its own any more: %s',
  async (change) => {
    cluster.twilio.behave({ kind: 'latency', ms: 50 });
    one.database.before.set('record_dispatch', async (many) => {
      if (many === 1) return;
      one.database.before.clear();
      await rows(`UPDATE messages SET ${change}`);
    });
    await Promise.all(PHONES.map((phone) => start(phone)));
    expect(together(one)).toBeGreaterThan(0);
    const inFull = one.database.statements.filter((name) => name === 'record_dispatch_in_full');
    expect(inFull.length).toBeGreaterThanOrEqual(2);
  },
);

it('one that cannot be written with the others is written alone', async () => {
  cluster.twilio.behave({ kind: 'latency', ms: 50 });
  one.database.before.set('record_dispatch', (many) =>
    many > 1 ? Promise.reject(new Error('deadlock detected')) : Promise.resolve(),
  );
  await Promise.all(PHONES.map((phone) => start(phone)));
  expect(together(one)).toBeGreaterThan(0);
  await agrees(PHONES.length);
});

it('one that meets with a row that somebody holds keeps nobody else waiting', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  one.database.before.set('record_dispatch', () => {
    one.database.before.clear();
    return held;
  });
  const [first = '', second = ''] = PHONES;
  let isOver = false;
  const stuck = start(first).finally(() => (isOver = true));
  await until(() => cluster.twilio.ledger.length === 1);
  await start(second);
  expect(isOver).toBe(false);
  release();
  await stuck;
});
