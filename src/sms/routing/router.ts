import type { PhoneNumber } from '../../kernel/index.js';
import { carries, type Channel } from '../provider/channel.js';
import type { SmsProviders } from '../provider/sms-provider.js';

/** Where a text goes, and how. */
export interface Destination {
  readonly to: PhoneNumber;
  readonly channel: Channel;
  /** MCC and MNC, such as `310-260`, where a lookup told them. */
  readonly network?: string;
}

/** Providers in the order to try for a destination; who is not in it is not asked. */
export interface Route {
  readonly providers: readonly string[];
  /** Why in this order, in one word; null: it is the operator's preference. */
  readonly why: string | null;
  /** The same of whoever comes after the first, where that differs. */
  readonly then?: string | null;
}

/** Why that one, when it is asked first of all who may be asked now. */
export const whyOf = ({ providers, why, then }: Route, provider: string): string | null =>
  then === undefined || providers[0] === provider ? why : then;

export abstract class Router {
  /** In memory, at once: it is asked before every first try. */
  abstract routeTo(destination: Destination): Route;

  /** Everybody who may be asked, whatever the order: nothing is drawn for that. */
  candidates(destination: Destination): readonly string[] {
    return this.routeTo(destination).providers;
  }

  /** A text's first try begins there, for that reason. */
  began(_destination: Destination, _provider: string, _route: string | null): void {
    // Who learns nothing counts nothing.
  }
}

/** By preference, whoever carries the channel. */
export class PreferenceRouter extends Router {
  private readonly routes = new Map<Channel, Route>();

  constructor(private readonly providers: SmsProviders) {
    super();
  }

  routeTo({ channel }: Pick<Destination, 'channel'>): Route {
    let route = this.routes.get(channel);
    if (!route) {
      const able = this.providers.filter((provider) => carries(provider, channel));
      route = { providers: able.map(({ name }) => name), why: null };
      this.routes.set(channel, route);
    }
    return route;
  }
}
