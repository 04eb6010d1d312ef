import { createHash } from 'node:crypto';

import { systemClock, type Clock, type PhoneNumber } from '../../kernel/index.js';
import { hasSenders, type SenderPool } from '../provider/own-sender.js';
import type { SmsProviders } from '../provider/sms-provider.js';
import type { Destination } from '../routing/router.js';
import { candidateOf, drawOf, rankOf, type Candidate, type Spot } from './candidate.js';
import { Senders } from './senders.js';

/** A sender that is not to be used for a while. */
export interface Rest {
  readonly provider: string;
  readonly sender: string;
  readonly leftMs: number;
}

interface Pool extends SenderPool {
  readonly candidates: readonly Candidate[];
}

export interface OwnSendersOptions {
  /** 8 bytes or more, of a phone or a sender: the same for the same, and nothing that a stranger can work out. */
  readonly hash?: (text: string) => Uint8Array;
  readonly clock?: Pick<Clock, 'monotonic'>;
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
const keyOf = (provider: string, sender: string): string => `${provider}\0${sender}`;

/**
 * The senders that providers say they have. Of those that are awake and suit a recipient best, each recipient gets always
 * the same, and nothing is kept for that: every sender draws every recipient by a hash of both (rendezvous hashing), so that one
 * sender more or less moves only those who come to it, or had it. When all rest, the one that may soon be used again is used: as
 * long as there is a sender, texts go out.
 */
export class OwnSenders extends Senders {
  private readonly pools: ReadonlyMap<string, Pool>;
  private readonly spotOf: (text: string) => Spot;
  private readonly clock: Pick<Clock, 'monotonic'>;
  /** Until when, on the monotonic clock. */
  private resting: ReadonlyMap<string, number> = new Map();
  private tell: (provider: string, sender: string) => void = () => undefined;

  constructor(providers: SmsProviders, { hash = sha256, clock = systemClock }: OwnSendersOptions = {}) {
    super();
    this.clock = clock;
    this.spotOf = (text) => {
      const bytes = hash(text);
      const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
      return [view.getUint32(0), view.getUint32(4)];
    };
    this.pools = new Map(
      providers.filter(hasSenders).map(({ name, pool }) => {
        const candidates = pool.senders.map((sender) => candidateOf(sender, (text) => this.spotOf(`sender ${text}`)));
        return [name, { ...pool, candidates }] as const;
      }),
    );
  }

  /** Whether anybody has a choice, so that it matters which of them rest. */
  get isChoice(): boolean {
    return [...this.pools.values()].some(({ candidates }) => candidates.length > 1);
  }

  override pick(provider: string, { to, channel }: Destination): string | null {
    const pool = channel === 'sms' ? this.pools.get(provider) : undefined;
    if (!pool || pool.candidates.length === 0) return null;
    const recipient = pool.candidates.length > 1 ? this.spotOf(`to ${to.line}`) : ([0, 0] as const);
    let best: Candidate | undefined;
    let [bestRank, bestDraw] = [Infinity, -1];
    let soonest: Candidate | undefined;
    let soonestAt = Infinity;
    const now = this.resting.size > 0 ? this.clock.monotonic() : 0;
    for (const candidate of pool.candidates) {
      const rank = rankOf(candidate, to, pool.areaCode);
      if (rank === undefined) continue;
      const until = this.resting.size > 0 ? (this.resting.get(keyOf(provider, candidate.id)) ?? 0) : 0;
      if (until > now) {
        if (until < soonestAt) [soonest, soonestAt] = [candidate, until];
        continue;
      }
      if (rank > bestRank) continue;
      const draw = drawOf(recipient, candidate.seed);
      if (rank < bestRank || draw > bestDraw) [best, bestRank, bestDraw] = [candidate, rank, draw];
    }
    return (best ?? soonest)?.id ?? null;
  }

  /** Only of a number in its own country: what cannot be used for a far one may do well at home. */
  override unusable(provider: string, sender: string, { country }: PhoneNumber): void {
    const candidate = this.pools.get(provider)?.candidates.find(({ id }) => id === sender);
    if (!candidate || candidate.kind !== 'number' || candidate.country !== country) return;
    this.tell(provider, sender);
  }

  /** @param tell of a sender that turned out to be unusable; never throws */
  onUnusable(tell: (provider: string, sender: string) => void): void {
    this.tell = tell;
  }

  /** Who rests from now on; who is not in it is awake. */
  restOnly(rests: readonly Rest[]): void {
    const now = this.clock.monotonic();
    this.resting = new Map(rests.map(({ provider, sender, leftMs }) => [keyOf(provider, sender), now + leftMs]));
  }

  /** One more. */
  rest({ provider, sender, leftMs }: Rest): void {
    this.resting = new Map(this.resting).set(keyOf(provider, sender), this.clock.monotonic() + leftMs);
  }
}
