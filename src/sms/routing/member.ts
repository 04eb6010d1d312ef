import { isPingable, type SmsProvider } from '../provider/sms-provider.js';
import type { ProviderFault } from '../provider/provider-error.js';
import { RecentCalls } from './recent-calls.js';
import type { Standing, StandingChange, StandingState } from './standing.js';

/** How one real send went, as far as the provider's standing is concerned. */
export type SendResult = { readonly fault?: ProviderFault; readonly slow: boolean };

export interface MemberOptions {
  readonly random: () => number;
  readonly onChange: (change: StandingChange) => void;
}

const FAILURES_IN_A_ROW = 5;
const MIN_CALLS = 10;
const BAD_SHARE = 0.5;
const GOOD_PINGS = 2;
const TRIAL_SENDS = 3;
const FIRST_REST_MS = 5_000;
const LONGEST_REST_MS = 60_000;
const JITTER = 0.2;
/** A provider that could be pinged, but is not, comes back by the clock after all: nobody watches over it here. */
const UNWATCHED_MS = 10_000;

/** An answer about this one message or phone says nothing bad about the provider. */
const BLAMELESS: ReadonlySet<ProviderFault> = new Set(['refused', 'bad_destination', 'opted_out']);

type State =
  | { readonly name: 'in_rotation' }
  | { readonly name: 'suspended'; readonly until: number; pings: number; goodPings: number }
  | { readonly name: 'on_trial'; begun: number; succeeded: number }
  | { readonly name: 'held' };

/** One provider's standing. Pure but for its callbacks: every method is told the (monotonic) time. */
export class Member {
  private state: State = { name: 'in_rotation' };
  private since: number;
  private outSince = 0;
  private reason = '';
  /** Suspensions since it was last in the rotation. */
  private rests = 0;
  private failuresInARow = 0;
  private calls = new RecentCalls();
  /** When it last began to rest, or was tried out of need. */
  restingSince = 0;
  /** Grows with every change, so that sends begun before it count no more. */
  generation = 0;

  constructor(
    readonly provider: SmsProvider,
    private readonly options: MemberOptions,
    now: number,
  ) {
    this.since = now;
  }

  get isSuspended(): boolean {
    return this.state.name === 'suspended';
  }

  /** Taken out by hand: gets nothing, and earns no trial. */
  get isHeld(): boolean {
    return this.state.name === 'held';
  }

  standing(now: number): Standing {
    this.wake(now);
    const out = this.state.name !== 'in_rotation';
    return {
      name: this.provider.name,
      state: this.state.name,
      sinceMs: now - this.since,
      ...(out && { reason: this.reason }),
      failuresInARow: this.failuresInARow,
      ...(this.state.name === 'on_trial' && {
        trial: { allowed: TRIAL_SENDS, sent: this.state.begun, succeeded: this.state.succeeded },
      }),
    };
  }

  /** Whether a send may begin; on trial one at a time, so that one person at most meets a provider that is not well. */
  begin(now: number): boolean {
    this.wake(now);
    if (this.state.name === 'on_trial') return this.state.begun === this.state.succeeded && ++this.state.begun > 0;
    return this.state.name === 'in_rotation';
  }

  /** A send that had begun never happened. */
  unbegin(generation: number): void {
    if (generation === this.generation && this.state.name === 'on_trial') this.state.begun--;
  }

  record(now: number, generation: number, { fault, slow }: SendResult): void {
    if (generation !== this.generation) return;
    if (fault === 'misconfigured') return this.suspend(now, 'its credentials or account do not work');
    const failed = fault !== undefined && !BLAMELESS.has(fault);
    if (this.state.name === 'suspended') {
      if (!failed && !slow) this.tryOut(now, 1);
    } else if (this.state.name === 'on_trial') {
      if (failed || slow)
        return this.suspend(now, fault ? `a send on trial failed: ${fault}` : 'a send on trial was slow');
      if (++this.state.succeeded >= TRIAL_SENDS) this.comeBack(now);
    } else {
      this.recordNormal(now, failed, slow, fault);
    }
  }

  pinged(now: number, answered: boolean): void {
    if (this.state.name !== 'suspended') return;
    this.state.pings++;
    this.state.goodPings = answered ? this.state.goodPings + 1 : 0;
    if (this.state.goodPings >= GOOD_PINGS) this.tryOut(now, 0);
  }

  /** Whatever it stood for: nothing that was begun before counts. */
  hold(now: number, reason: string): void {
    if (this.state.name === 'in_rotation') this.outSince = now;
    this.reason = reason;
    if (!this.isHeld) this.enter(now, { name: 'held' }, reason);
  }

  /** It is out as if it had just left, and comes back as whoever left does. */
  release(now: number, reason: string): void {
    if (!this.isHeld) return;
    this.rests = 0;
    this.failuresInARow = 0;
    this.suspend(now, reason);
  }

  private recordNormal(now: number, failed: boolean, slow: boolean, fault?: ProviderFault): void {
    this.failuresInARow = failed ? this.failuresInARow + 1 : 0;
    this.calls.add(now, failed || slow);
    if (this.failuresInARow >= FAILURES_IN_A_ROW)
      return this.suspend(now, `${FAILURES_IN_A_ROW} failures in a row, the last: ${fault}`);
    const { calls, bad } = this.calls.count(now);
    if ((failed || slow) && calls >= MIN_CALLS && bad >= calls * BAD_SHARE) {
      this.suspend(now, `${bad} of ${calls} calls in 30 s failed or were slow`);
    }
  }

  /** Without pings to earn it, the trial comes with time. */
  private wake(now: number): void {
    if (this.state.name !== 'suspended') return;
    const { until, pings } = this.state;
    const restedEnough = isPingable(this.provider) ? pings === 0 && now >= until + UNWATCHED_MS : now >= until;
    if (restedEnough) this.tryOut(now, 0);
  }

  private suspend(now: number, reason: string): void {
    const rest = Math.min(FIRST_REST_MS * 2 ** this.rests, LONGEST_REST_MS);
    this.rests++;
    const until = now + rest * (1 + JITTER * (2 * this.options.random() - 1));
    if (this.state.name === 'in_rotation') this.outSince = now;
    this.reason = reason;
    this.restingSince = now;
    this.enter(now, { name: 'suspended', until, pings: 0, goodPings: 0 }, reason);
  }

  /** @param succeeded sends out of need that went well already */
  private tryOut(now: number, succeeded: number): void {
    const reason = succeeded > 0 ? 'a send out of need went through' : 'rested';
    this.enter(now, { name: 'on_trial', begun: succeeded, succeeded }, reason);
  }

  private comeBack(now: number): void {
    this.rests = 0;
    this.failuresInARow = 0;
    this.calls = new RecentCalls();
    this.enter(now, { name: 'in_rotation' }, `${TRIAL_SENDS} sends on trial went through`);
  }

  private enter(now: number, state: State, reason: string): void {
    const from: StandingState = this.state.name;
    const lastedMs = now - (state.name === 'in_rotation' ? this.outSince : this.since);
    this.state = state;
    this.since = now;
    this.generation++;
    this.options.onChange({ provider: this.provider.name, from, to: state.name, reason, lastedMs });
  }
}
