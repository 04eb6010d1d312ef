/** Widest first: in this order prefixes are locked. `drop`: how many last digits are left off. */
export const LEVELS = ['cc', 'rng', 'b4', 'b3', 'b2'] as const;
export type Level = (typeof LEVELS)[number];

/** One token bucket a prefix of that level. */
export interface LevelPolicy {
  /** Tokens of a prefix that nothing is known of. */
  readonly cap: number;
  /** Tokens an hour. */
  readonly refill: number;
  /** However many approvals it has. */
  readonly maxCap: number;
}

/** What texts may be spent on a prefix, and when it is taken for an attack. Sources and simulation: docs/fraud.md. */
export interface BudgetPolicy {
  readonly levels: Readonly<Record<Level, LevelPolicy>>;
  /** Tokens that the cap grows by for each approval that is not forgotten. */
  readonly growth: number;
  /** The share of texts that must be approved for traffic to go on: an approval gives 1/theta back. */
  readonly theta: number;
  /** The breaker: of so many texts of the last hour less than that share was approved. */
  readonly breaker: { readonly mature: number; readonly matureCountry: number; readonly below: number };
}

export const DEFAULT_POLICY: BudgetPolicy = {
  levels: {
    cc: { cap: 60, refill: 20, maxCap: 5_000 },
    rng: { cap: 25, refill: 4, maxCap: 600 },
    b4: { cap: 10, refill: 1, maxCap: 60 },
    b3: { cap: 6, refill: 0.5, maxCap: 20 },
    b2: { cap: 4, refill: 0.25, maxCap: 10 },
  },
  growth: 0.25,
  theta: 0.35,
  breaker: { mature: 10, matureCountry: 30, below: 0.2 },
};

const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const HALF_LIFE = 7 * DAY;
const PROBE_EVERY = 30 * MINUTE;
const MATURE_AFTER = 5 * MINUTE;
/** A text of this price costs one token; dearer ones cost more, cheaper ones no less. */
export const MICROS_A_TOKEN = 50_000;
const NARROW: ReadonlySet<Level> = new Set(['b3', 'b2']);
/** Doubles are not exact; the SQL twin allows the same. */
export const EPSILON = 1e-9;

interface Send {
  readonly at: number;
  approved: boolean;
}

interface Budget {
  readonly level: Level;
  tokens: number;
  approvals: number;
  at: number;
  blockedUntil: number;
  strikes: number;
  probeAt: number;
  /** Of the last hour. */
  sends: Send[];
}

export type Verdict = 'allow' | 'challenge' | 'deny';

export interface Decision {
  readonly verdict: Verdict;
  readonly level?: Level;
  readonly reason?: 'budget' | 'conversion';
}

/** A send that was let through; approve it once. */
export interface Admitted {
  readonly keys: readonly string[];
  readonly cost: number;
  readonly sends: readonly Send[];
}

export const costOf = (priceMicros: number): number => Math.max(1, priceMicros / MICROS_A_TOKEN);

/**
 * The budgets as a pure function of what happened: used by `fraud replay` and the simulator. `BUDGET_GATE` and
 * `settle_sends` are its twin in SQL, which a property test holds to it. Times are milliseconds, keys the widest first.
 */
export class Budgets {
  private readonly budgets = new Map<string, Budget>();
  private readonly busy = new Set<string>();

  constructor(private readonly policy: BudgetPolicy = DEFAULT_POLICY) {}

  decide(keys: readonly string[], at: number, priceMicros = 0): Decision {
    let challenge: Decision | undefined;
    for (const index of [4, 3, 2, 1, 0]) {
      const level = LEVELS[index]!;
      const budget = this.fill(keys[index]!, level, at);
      const probe = level !== 'cc' && priceMicros <= MICROS_A_TOKEN && budget.probeAt + PROBE_EVERY <= at;
      const blocked = budget.blockedUntil > at && !probe;
      if (!blocked && budget.tokens + EPSILON >= this.need(budget, costOf(priceMicros))) continue;
      const reason = blocked ? 'conversion' : 'budget';
      if (level !== 'cc') return { verdict: 'deny', level, reason };
      challenge = { verdict: 'challenge', level, reason };
    }
    return challenge ?? { verdict: 'allow' };
  }

  /** Charges every level; one that cannot pay, after a solved challenge, is left as it is. */
  charge(keys: readonly string[], at: number, priceMicros = 0): Admitted {
    const sends = keys.map((key, index) => {
      const budget = this.fill(key, LEVELS[index]!, at);
      const need = this.need(budget, costOf(priceMicros));
      if (budget.tokens + EPSILON >= need) budget.tokens -= need;
      if (budget.blockedUntil > at && budget.level !== 'cc') budget.probeAt = at;
      const send = { at, approved: false };
      budget.sends.push(send);
      if (budget.sends.length >= this.policy.breaker.mature) this.busy.add(key);
      return send;
    });
    return { keys, cost: costOf(priceMicros), sends };
  }

  approve({ keys, cost, sends }: Admitted, at: number): void {
    for (const send of sends) send.approved = true;
    keys.forEach((key, index) => {
      const budget = this.fill(key, LEVELS[index]!, at);
      budget.approvals += 1;
      budget.tokens = Math.min(this.capOf(budget), budget.tokens + this.need(budget, cost) / this.policy.theta);
    });
  }

  /** Trips the breaker where it is due. The program looks every half minute. */
  trip(at: number): void {
    const { mature, matureCountry, below } = this.policy.breaker;
    for (const key of this.busy) {
      const budget = this.budgets.get(key)!;
      budget.sends = budget.sends.filter((send) => send.at > at - HOUR);
      if (budget.sends.length < mature) this.busy.delete(key);
      const ripe = budget.sends.filter((send) => send.approved || send.at <= at - MATURE_AFTER);
      if (ripe.length < (budget.level === 'cc' ? matureCountry : mature) || budget.blockedUntil > at) continue;
      if (ripe.filter(({ approved }) => approved).length >= below * ripe.length) continue;
      const strikes = budget.blockedUntil > at - 7 * DAY ? budget.strikes : 0;
      budget.blockedUntil =
        at + (budget.level === 'cc' ? HOUR : Math.min(12 * HOUR * 2 ** Math.min(strikes, 4), 7 * DAY));
      budget.strikes = strikes + 1;
      budget.probeAt = at;
    }
  }

  private fill(key: string, level: Level, at: number): Budget {
    const { cap, refill } = this.policy.levels[level];
    let budget = this.budgets.get(key);
    if (!budget) {
      const never = -Infinity;
      budget = { level, tokens: cap, approvals: 0, at, blockedUntil: never, strikes: 0, probeAt: never, sends: [] };
      this.budgets.set(key, budget);
    }
    const passed = Math.max(at - budget.at, 0);
    budget.approvals *= 0.5 ** (passed / HALF_LIFE);
    budget.tokens = Math.min(this.capOf(budget), budget.tokens + (refill * passed) / HOUR);
    budget.at += passed;
    return budget;
  }

  private capOf({ level, approvals }: Budget): number {
    const { cap, maxCap } = this.policy.levels[level];
    return Math.min(maxCap, cap + this.policy.growth * approvals);
  }

  /**
   * A dear text costs a full bucket at most, or it could never be sent; of a narrow one half, or it would shut out every
   * neighbour. What dear texts cost in all is for the wide ones to bound.
   */
  private need({ level }: Budget, cost: number): number {
    const { cap } = this.policy.levels[level];
    return Math.min(cost, cap, NARROW.has(level) ? Math.max(1, cap / 2) : cap);
  }
}
