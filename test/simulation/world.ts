import type { PGlite } from '@electric-sql/pglite';

import { KeyRing, PhoneNumber } from '../../src/kernel/index.js';
import type { Prepared, PrismaService } from '../../src/prisma/index.js';
import type { Company, Running, Witness } from './cast.js';
import { planOf, type Plan } from './plan.js';
import { Random } from './random.js';
import { Scheduler } from './scheduler.js';
import { Shadow, type Change } from './shadow.js';

/** The embedded database that all seeds of a run use, one after the other. */
export interface Store {
  readonly db: PGlite;
  readonly prepared: Prepared;
  readonly prisma: PrismaService;
  /** Undone alone when it fails. */
  apart<T>(work: () => Promise<T>): Promise<T>;
}

/** Everything that one seed consists of. */
export class World {
  readonly random: Random;
  /** What the program itself draws: ids, jitter. */
  private draws: Random;
  readonly plan: Plan;
  readonly scheduler = new Scheduler();
  readonly shadow = new Shadow();
  judge!: Witness;
  readonly keys = new KeyRing('a simulated secret of more than 32 bytes');
  readonly phones: readonly string[];
  /** A day's, in millionths of a dollar; in some seeds it is soon spent. */
  capMicros: number;
  carriers: readonly Company[] = [];
  instances: readonly Running[] = [];
  databaseIsDownUntil = 0;
  /** Troubles all carriers at once. */
  weather: { readonly conduct: string; readonly ends: number } = { conduct: '', ends: 0 };
  /** No faults from here on. */
  isHealed = false;
  violation: string | undefined;
  readonly trace: string[] = [];
  /** Of statements, by name. */
  readonly executed = new Map<string, number>();

  constructor(
    seed: number,
    readonly store: Store,
  ) {
    this.random = new Random(seed);
    this.draws = new Random(seed ^ 0x5eed);
    this.plan = planOf(this.random);
    // By numbers of its own, so that what else a seed means stays the same.
    const money = new Random(seed ^ 0xca9);
    this.capMicros = money.chance(0.5) ? money.between(15_000, 120_000) : PLENTY;
    this.phones = Array.from({ length: this.plan.phones }, (_, index) => `+1415555267${index}`);
  }

  drawn<T>(draw: (random: Random) => T): T {
    return draw(this.draws);
  }

  /** Work of libraries, which draw as often as they like. */
  async apart<T>(work: () => Promise<T>): Promise<T> {
    const { draws } = this;
    this.draws = new Random(0);
    return work().finally(() => (this.draws = draws));
  }

  /** A fault of the plan happens now. */
  strikes(fault: 'crash' | 'stall' | 'lost' | 'slow' | 'outage'): boolean {
    return !this.isHealed && this.random.chance(this.plan[fault]);
  }

  /** Milliseconds that a message on a network takes. */
  latency(): number {
    if (this.plan.isCalm) return this.random.between(1, 500); // no fault, and much that goes on at once
    return this.strikes('slow') ? this.random.scale(100, 4_000) : this.random.between(1, 25);
  }

  changed(change: Change): void {
    this.judge.changed(change);
    this.shadow.apply(change);
    const { table, before, after } = change;
    if (table === 'messages' || (table === 'report_sources' && before?.silent !== after.silent)) {
      // While all goes well nothing becomes due, and a look that takes what is not would go unseen.
      const must = table === 'report_sources' || (this.plan.isCalm && this.random.chance(0.5));
      for (const instance of this.instances) instance.plan(must);
    }
  }

  note(who: string, what: string): void {
    const secs = ((this.scheduler.now - this.scheduler.begun) / 1_000).toFixed(3);
    this.trace.push(`${secs.padStart(10)} ${who.padEnd(8)} ${what}`);
  }

  violated(invariant: string, what: string): void {
    this.violation ??= `${invariant}: ${what}`;
    this.note('JUDGE', `${invariant}: ${what}`);
  }

  /** The phone that a row's key stands for. */
  phoneOf(phoneKey: unknown): string | undefined {
    return [...this.phones, CANARY].find(
      (phone) => `\\x${this.keys.lookupKey('phone', PhoneNumber.parse(phone).line).toString('hex')}` === phoneKey,
    );
  }

  get living(): readonly Running[] {
    return this.instances.filter(({ process }) => process.isAlive);
  }
}

/** More than a seed's texts cost. */
export const PLENTY = 1_000_000_000;

/** By carrier: a segment's price. What is reported is less. */
export const PRICES = { alpha: 8_000, beta: 9_000, gamma: 10_000 } as const;

/** Whose verification must go well when all is over. */
export const CANARY = '+14155552699';

/** Enough of an id to tell it from the others of one seed. */
export const short = (id: unknown) => String(id).slice(0, 6);
