import { systemClock, type Clock } from '../../kernel/index.js';
import type { SmsProvider, SmsProviders } from '../provider/sms-provider.js';
import { Member, type SendResult } from './member.js';
import type { Standing, StandingChange } from './standing.js';

/** Leave to make one send at one provider; whoever takes it says how it ended, or drops it. */
export interface Turn {
  readonly provider: SmsProvider;
  /** The provider was taken out by hand since the turn was given: it must not be used. */
  readonly isVoid: boolean;
  end(result: SendResult): void;
  /** The send never began. */
  drop(): void;
}

export interface RotationOptions {
  readonly clock?: Pick<Clock, 'monotonic'>;
  readonly random?: () => number;
  /** Called once for every change of a provider's standing. */
  readonly onChange?: (change: StandingChange) => void;
}

/** While every provider is out, one of them is tried this often. */
const NEED_EVERY_MS = 1_000;

/**
 * Whose turn it is. Providers leave on 5 failures in a row, or when at least half of at least 10 calls in 30 s failed or
 * were slow; two good pings (or a rest, where nobody can ping) earn a trial of 3 sends; those bring them back or send
 * them out again. One trial send at a time, and nobody waits for it: who
 * gets no turn at one provider gets it at the next.
 */
export class Rotation {
  private readonly members: readonly Member[];
  private readonly clock: Pick<Clock, 'monotonic'>;
  private lastNeed = -Infinity;
  private readonly watchers = new Set<(change: StandingChange) => void>();

  constructor(
    providers: SmsProviders,
    { clock = systemClock, random = Math.random, onChange = () => undefined }: RotationOptions = {},
  ) {
    this.clock = clock;
    const tell = (change: StandingChange) => {
      onChange(change);
      for (const watcher of this.watchers) watcher(change);
    };
    this.members = providers.map((provider) => new Member(provider, { random, onChange: tell }, clock.monotonic()));
  }

  /** @param watcher told of every change at once, so it must neither take long nor throw @returns ends it */
  watch(watcher: (change: StandingChange) => void): () => void {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  }

  /** Takes a provider out until it is released: it gets no turn, neither on trial nor out of need. */
  hold(name: string, reason: string): void {
    this.member(name)?.hold(this.clock.monotonic(), reason);
  }

  /** It is suspended then, and earns its trial as any other. */
  release(name: string, reason: string): void {
    this.member(name)?.release(this.clock.monotonic(), reason);
  }

  /** Who was taken out by hand. */
  held(): readonly string[] {
    return this.members.filter(({ isHeld }) => isHeld).map(({ provider }) => provider.name);
  }

  /**
   * The first provider that may send now and is not in `tried`.
   * @param order who may be asked, most preferred first; without it all, as they were configured
   */
  take(tried: ReadonlySet<string> = new Set(), order?: readonly string[]): Turn | undefined {
    const now = this.clock.monotonic();
    const left = this.inOrder(order).filter(({ provider }) => !tried.has(provider.name));
    const member = left.find((candidate) => candidate.begin(now));
    return member ? this.turn(member) : this.outOfNeed(left, now);
  }

  /** How many there are, in the rotation or not. */
  get size(): number {
    return this.members.length;
  }

  /** Whether anyone of `order` outside `tried` could have a turn. */
  hasOther(tried: ReadonlySet<string>, order?: readonly string[]): boolean {
    return this.inOrder(order).some(
      (member) => !member.isSuspended && !member.isHeld && !tried.has(member.provider.name),
    );
  }

  pinged(name: string, answered: boolean): void {
    this.member(name)?.pinged(this.clock.monotonic(), answered);
  }

  /** Who is to be pinged. */
  suspended(): readonly SmsProvider[] {
    return this.members.filter(({ isSuspended }) => isSuspended).map(({ provider }) => provider);
  }

  standings(): readonly Standing[] {
    const now = this.clock.monotonic();
    return this.members.map((member) => member.standing(now));
  }

  private member(name: string): Member | undefined {
    return this.members.find(({ provider }) => provider.name === name);
  }

  private inOrder(order: readonly string[] | undefined): readonly Member[] {
    if (!order) return this.members;
    return order.flatMap((name) => this.member(name) ?? []);
  }

  /** Only while all are out; a turn that is dropped leaves the second to somebody else. */
  private outOfNeed(left: readonly Member[], now: number): Turn | undefined {
    const [longest] = left.filter(({ isHeld }) => !isHeld).sort((a, b) => a.restingSince - b.restingSince);
    if (!longest || !this.members.every(({ isSuspended, isHeld }) => isSuspended || isHeld)) return undefined;
    if (now - this.lastNeed < NEED_EVERY_MS) return undefined;
    const [lastNeed, restingSince] = [this.lastNeed, longest.restingSince];
    this.lastNeed = longest.restingSince = now;
    return this.turn(longest, () => {
      if (this.lastNeed === now) this.lastNeed = lastNeed;
      if (longest.restingSince === now) longest.restingSince = restingSince;
    });
  }

  private turn(member: Member, undo: () => void = () => undefined): Turn {
    const { generation, provider } = member;
    let open = true;
    const once = (work: () => void) => {
      if (!open) return;
      open = false;
      work();
    };
    return {
      provider,
      get isVoid() {
        return member.isHeld;
      },
      end: (result) => once(() => member.record(this.clock.monotonic(), generation, result)),
      drop: () =>
        once(() => {
          member.unbegin(generation);
          undo();
        }),
    };
  }
}
