import { Budgets, type Admitted, type BudgetPolicy } from './budgets.js';

/** One send as it was recorded. */
export interface RecordedSend {
  readonly at: number;
  readonly country: string;
  readonly keys: readonly string[];
  readonly known: boolean;
  readonly priceMicros: number;
  readonly approvedAt: number | null;
}

export interface Outcome {
  sends: number;
  blocked: number;
  challenged: number;
  /** Blocked although the code was entered. */
  wronglyBlocked: number;
  /** Millionths of a dollar that the blocked ones cost. */
  savedMicros: number;
}

export interface Replay {
  readonly total: Outcome;
  /** The ten with the most blocked. */
  readonly countries: readonly (Outcome & { readonly country: string })[];
}

const TRIP_EVERY = 30_000;
const nothing = (): Outcome => ({ sends: 0, blocked: 0, challenged: 0, wronglyBlocked: 0, savedMicros: 0 });

/**
 * What a policy would have made of sends, oldest first. A challenged one is taken to be solved if its code was entered later.
 */
export async function replay(
  sends: AsyncIterable<RecordedSend> | Iterable<RecordedSend>,
  policy?: BudgetPolicy,
): Promise<Replay> {
  const budgets = new Budgets(policy);
  const total = nothing();
  const countries = new Map<string, Outcome>();
  const approvals: { at: number; send: Admitted }[] = [];
  let tripped = -Infinity;
  for await (const { at, country, keys, known, priceMicros, approvedAt } of sends) {
    approvals.sort((a, b) => a.at - b.at);
    while (approvals[0] && approvals[0].at <= at) {
      const due = approvals.shift()!;
      budgets.approve(due.send, due.at);
    }
    if (at - tripped >= TRIP_EVERY) budgets.trip((tripped = at));
    const one = countries.get(country) ?? nothing();
    countries.set(country, one);
    const { verdict } = known ? { verdict: 'allow' as const } : budgets.decide(keys, at, priceMicros);
    const isBlocked = verdict === 'deny' || (verdict === 'challenge' && approvedAt === null);
    for (const outcome of [total, one]) {
      outcome.sends += 1;
      if (verdict === 'challenge') outcome.challenged += 1;
      if (verdict === 'deny') outcome.blocked += 1;
      if (verdict === 'deny' && approvedAt !== null) outcome.wronglyBlocked += 1;
      if (isBlocked) outcome.savedMicros += priceMicros;
    }
    if (known || isBlocked) continue;
    const send = budgets.charge(keys, at, priceMicros);
    if (approvedAt !== null) approvals.push({ at: approvedAt, send });
  }
  const most = [...countries].map(([country, outcome]) => ({ country, ...outcome }));
  return { total, countries: most.sort((a, b) => b.blocked - a.blocked || b.sends - a.sends).slice(0, 10) };
}
