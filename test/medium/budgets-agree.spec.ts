import { randomUUID } from 'node:crypto';

import fc from 'fast-check';

import {
  BREAK,
  BUDGET_GATE,
  DECISION,
  GATE_IS_OPEN,
  IS_KNOWN,
  UNJUDGED_DECISION,
  type DecisionParameters,
  type GateParameters,
  breakValues,
  Budgets,
  DEFAULT_POLICY,
  levelArrays,
  SETTLE,
  settleValues,
  type Admitted,
} from '../../src/fraud/index.js';
import { named, Refused, valuesFor } from '../../src/prisma/index.js';

import { openTestDatabase, type TestDatabase } from '../setup/database.js';

/** Small enough that a short story fills every level, and trips every breaker. */
const POLICY = {
  ...DEFAULT_POLICY,
  levels: { ...DEFAULT_POLICY.levels, cc: { cap: 14, refill: 20, maxCap: 30 } },
  breaker: { mature: 4, matureCountry: 8, below: 0.2 },
};
const MINUTE = 60_000;
/** Round, and not: tokens come back at edges such as an hour. */
const PAUSES = [
  0,
  1_000,
  4 * MINUTE,
  5 * MINUTE,
  5 * MINUTE + 1,
  17 * MINUTE,
  30 * MINUTE,
  60 * MINUTE,
  5 * 60 * MINUTE,
  3 * 24 * 60 * MINUTE,
];

const step = fc.record({
  pause: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(0, 1_000) },
    { weight: 1, arbitrary: fc.constantFrom(...PAUSES) },
  ),
  kind: fc.oneof(
    { weight: 8, arbitrary: fc.constant('send' as const) },
    { weight: 3, arbitrary: fc.constant('burst' as const) },
    { weight: 2, arbitrary: fc.constant('approve' as const) },
    { weight: 3, arbitrary: fc.constant('trip' as const) },
  ),
  phone: fc.nat(11),
  price: fc.constantFrom(0, 0, 0, 60_000, 300_000),
  solved: fc.boolean(),
});
const story = fc.record({
  lifts: fc.constantFrom(0 as const, 1 as const, 'told' as const),
  steps: fc.array(step, { minLength: 20, maxLength: 40 }),
});

interface Send {
  readonly id: string;
  readonly phone_key: Uint8Array;
  readonly at: Date;
}

const opened = (where: string) => `verification AS (
    INSERT INTO verifications (id, purpose, channel, phone_key, phone_sealed, key_version, code_length, max_checks, created_at, expires_at, next_send_at)
      SELECT :id::uuid, 'test', 'sms', :phone_key::bytea, '', 1, 6, 5, at, at + interval '100 days', at FROM hit WHERE ${where}
      RETURNING id, created_at, expires_at
  ), opened AS (
    SELECT *, :destination::text AS destination, :line_type::text AS line_type, :prefix_keys::bytea[] AS prefix_keys, :fraud_mode::text AS fraud_mode,
           :send_micros::bigint AS send_micros, :knows::boolean AND ${IS_KNOWN(':phone_key::bytea', 'created_at')} AS known FROM verification
  )`;

/** As the statement of a start has it, without the rest of it. */
const ASKED = named<GateParameters & Send>(
  'gate_alone',
  `WITH hit AS (SELECT :at::timestamptz AS at), ${BUDGET_GATE}, ${opened(GATE_IS_OPEN)}, ${DECISION}
    SELECT verdict, level, reason FROM verification, gate`,
);
/** The same where budgets are only told. */
const TOLD = named<DecisionParameters & Send>(
  'told_alone',
  `WITH hit AS (SELECT :at::timestamptz AS at), ${opened('true')}, ${UNJUDGED_DECISION} SELECT 1 AS told FROM verification`,
);

let data: TestDatabase;
beforeAll(async () => void (data = await openTestDatabase()));
afterAll(() => data.drop());

it('the budgets of TypeScript and of SQL agree, whatever happens', async () => {
  const seen = { allow: 0, challenge: 0, deny: 0, conversion: 0 };
  const property = fc.asyncProperty(story, async ({ lifts, steps }) => {
    const query = (text: string, values: unknown[] = []) => data.database.query({ name: '', text }, values);
    for (const table of ['prefix_budgets', 'send_decisions', 'verifications']) await query(`DELETE FROM ${table}`);
    const pure = new Budgets(POLICY);
    const admitted: { id: string; send: Admitted; done: boolean }[] = [];
    let now = Date.UTC(2026, 0, 1);
    const settle = async () => data.database.query(SETTLE, settleValues(POLICY, 500, new Date(now)));
    const tell = async (send: DecisionParameters & Send) => {
      await data.database.query(TOLD, valuesFor(TOLD, send));
      await settle();
      const [found] = await query('SELECT refused, verdict, level, reason FROM send_decisions WHERE id = $1', [
        send.id,
      ]);
      return found;
    };

    for (const { pause, kind, phone, price, solved } of steps) {
      now += pause;
      if (kind === 'trip') {
        pure.trip(now);
        await data.database.query(BREAK, breakValues(POLICY, new Date(now)));
      } else if (kind === 'approve') {
        const one = admitted[phone % Math.max(admitted.length, 1)];
        if (!one || one.done) continue;
        one.done = true;
        pure.approve(one.send, now);
        await query("UPDATE verifications SET status = 'approved', ended_at = $2 WHERE id = $1", [
          one.id,
          new Date(now),
        ]);
        await settle();
      }
      for (let n = kind === 'burst' ? 8 : kind === 'send' ? 1 : 0; n > 0; n--) {
        // 12 phones in 2 ranges of 3 blocks, so that every level is full at times.
        const [range, block] = [phone % 2, phone % 6];
        const names = ['cc', `rng${range}`, `b4 ${block}`, `b3 ${block}`, `b2 ${phone}`];
        const lift = lifts === 1 && !solved ? 0 : lifts;
        const decision = pure.decide(names, now, price);
        const passes =
          decision.verdict === 'allow' || lift === 'told' || (lift === 1 && decision.verdict === 'challenge');
        const keys = names.map((name) => Buffer.from(name.padEnd(16, '.')));
        const id = randomUUID();
        if (kind === 'burst') await settle();
        const told = {
          ...{ id, phone_key: Buffer.from(id), at: new Date(now), prefix_keys: keys, send_micros: price },
          ...{ destination: 'GB', knows: true, line_type: null, fraud_mode: 'enforce' },
        };
        const ask = (lifts: 0 | 1) => ({
          ...{ ...told, ...levelArrays(POLICY), send_cost: Math.max(1, price / 50_000), lifts, challenge: null },
        });
        const row =
          lift === 'told'
            ? await tell(told)
            : await data.database.query<object>(ASKED, valuesFor(ASKED, ask(lift))).then(
                ([found]) => ({ refused: false, ...found }),
                (error: unknown) => {
                  if (error instanceof Refused) return { refused: true, ...error.detail, retryAfter: undefined };
                  throw error;
                },
              );
        const level = decision.level ? ['cc', 'rng', 'b4', 'b3', 'b2'].indexOf(decision.level) + 1 : null;
        const { verdict, reason } = decision;
        expect(row).toEqual({ refused: !passes, verdict, level, reason: reason ?? null });
        seen[verdict] += 1;
        if (reason === 'conversion') seen.conversion += 1;
        const isCounted = verdict === 'allow' || (lift === 1 && passes);
        if (isCounted) admitted.push({ id, send: pure.charge(names, now, price), done: false });
      }
      // The country is charged later, so its verdicts agree when that is done.
      if (kind !== 'trip') await settle();
    }
  });
  await fc.assert(property, { numRuns: 60, interruptAfterTimeLimit: 25_000, markInterruptAsFailure: false });
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
}, 90_000);
