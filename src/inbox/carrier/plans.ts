import { randomUUID } from 'node:crypto';

import type { OutcomeName } from './outcomes.js';
import { TooManyPlans } from '../inbox.errors.js';

/** What is to become of the next texts that a provider is asked to send. */
export interface Plan {
  readonly id: string;
  readonly outcome: OutcomeName;
  /** E.164; undefined: whoever is texted next. */
  readonly phone?: string;
  /** Of `late`. */
  readonly afterSecs?: number;
  /** Tries that it still counts for. */
  readonly times: number;
}

/** Plans that nobody used are the oldest mistake of tests: so many, and no more. */
const MOST = 100;

/** What was asked to become of the next texts; used up try by try, oldest first. */
export class Plans {
  private plans: readonly Plan[] = [];

  list(): readonly Plan[] {
    return this.plans;
  }

  /** @throws {TooManyPlans} */
  add(plan: Omit<Plan, 'id'>): Plan {
    if (this.plans.length >= MOST) throw new TooManyPlans(MOST);
    const made = { id: randomUUID(), ...plan };
    this.plans = [...this.plans, made];
    return made;
  }

  clear(): void {
    this.plans = [];
  }

  /** For one try to text that number; one made for it comes before one made for anybody. */
  use(phone: string): Plan | undefined {
    const plan = this.plans.find((each) => each.phone === phone) ?? this.plans.find((each) => each.phone === undefined);
    if (!plan) return undefined;
    const left = { ...plan, times: plan.times - 1 };
    this.plans = this.plans.flatMap((each) => (each !== plan ? [each] : left.times > 0 ? [left] : []));
    return plan;
  }
}
