import {
  carries,
  Router,
  type Channel,
  type Destination,
  type Micros,
  type Route,
  type SmsProviders,
} from '../sms/index.js';
import type { Random } from './learning/beta.js';
import type { Place } from './learning/knowledge.js';
import { armsOf, draw, type Arm, type Candidate } from './learning/sampler.js';
import type { RouteBook } from './route-book.js';
import type { RoutingPolicy } from './routing.options.js';
import type { RouteRule } from './rules/route-rule.js';

export interface RouterOptions extends RoutingPolicy {
  /** Most preferred first. */
  readonly providers: SmsProviders;
  /** Of one segment. */
  readonly price: (provider: string, country: string | null, channel: Channel) => Micros;
  /** For tests. */
  readonly random?: Random;
}

/** How texts to one place are routed, until the book changes. */
export interface Way {
  readonly place: Place;
  /** The rule that matches, even if nobody whom it leaves carries the channel, so that it is passed over. */
  readonly rule?: RouteRule;
  readonly isPassedOver: boolean;
  /** learned: drawn anew for every text. */
  readonly by: 'preference' | 'rule' | 'learned';
  /** In the order in which they are tried where nothing is drawn. */
  readonly fixed: Route;
  /** Of whom is drawn; by preference or rule, only the shadow does. */
  readonly arms: readonly Arm[];
  readonly candidates: readonly Candidate[];
}

/** More networks than there are: whoever makes them up makes it forget, not grow. */
const MOST_WAYS = 5_000;

/** By the operator's rule; without one by preference, or by what was learned. Never asks anything but memory. */
export class DestinationRouter extends Router {
  readonly policy: RoutingPolicy;
  readonly providers: SmsProviders;
  private readonly random: Random;
  private readonly ways = new Map<string, Way>();
  private edition = -1;

  constructor(
    private readonly options: RouterOptions,
    readonly book: RouteBook,
  ) {
    super();
    const { mode, costWeight, floor } = options;
    this.policy = { mode, costWeight, floor };
    this.providers = options.providers;
    this.random = options.random ?? Math.random;
  }

  routeTo(destination: Destination): Route {
    const { by, fixed, arms } = this.wayOf(destination);
    if (by !== 'learned') return fixed;
    const { order, isFloor } = draw(arms, this.policy.floor, this.random);
    return { providers: order, why: isFloor ? 'floor' : 'learned', then: 'learned' };
  }

  override candidates(destination: Destination): readonly string[] {
    return this.wayOf(destination).fixed.providers;
  }

  override began(destination: Destination, provider: string, route: string | null): void {
    this.book.countBegun(provider, route ?? 'preference');
    const { by, arms, place } = this.wayOf(destination);
    if (by === 'learned' || arms.length < 2) return;
    this.book.countShadow(place, provider, draw(arms, this.policy.floor, this.random).order[0] ?? provider);
  }

  /** How texts there are routed now. */
  wayOf({ to, channel, network = '' }: Pick<Destination, 'channel' | 'network'> & { to: { country?: string } }): Way {
    return this.wayTo({ country: to.country ?? '', network, channel });
  }

  wayTo(place: Place): Way {
    if (this.edition !== this.book.edition || this.ways.size > MOST_WAYS) this.ways.clear();
    this.edition = this.book.edition;
    const key = `${place.country} ${place.channel} ${place.network}`;
    let way = this.ways.get(key);
    if (!way) this.ways.set(key, (way = this.find(place)));
    return way;
  }

  private find(place: Place): Way {
    const able = this.providers.flatMap((provider) =>
      carries(provider, place.channel as Channel) ? [provider.name] : [],
    );
    const rule = this.book.rules.find(place);
    const left = rule ? leftBy(rule, able) : able;
    const isPassedOver = left.length === 0;
    const order = isPassedOver ? able : left;
    const act = isPassedOver ? undefined : rule?.act.kind;
    const mode = act === 'learn' ? 'learn' : act === 'providers' ? 'preference' : this.policy.mode;
    const candidates = order.map((provider) => ({
      provider,
      known: this.book.knowledge.of(place, provider),
      priceMicros: this.options.price(provider, place.country || null, place.channel as Channel),
    }));
    const isDrawn = mode === 'learn' && order.length > 1;
    const isRuled = act === 'providers' || (act === 'exclude' && !isDrawn);
    return {
      place,
      ...(rule && { rule }),
      isPassedOver,
      by: isDrawn ? 'learned' : isRuled ? 'rule' : 'preference',
      fixed: { providers: order, why: isRuled ? 'rule' : null },
      arms: isDrawn || mode === 'shadow' ? armsOf(candidates, this.policy.costWeight) : [],
      candidates,
    };
  }
}

function leftBy({ act }: RouteRule, able: readonly string[]): readonly string[] {
  if (act.kind === 'providers') return act.providers.filter((name) => able.includes(name));
  return act.kind === 'exclude' ? able.filter((name) => !act.providers.includes(name)) : able;
}
