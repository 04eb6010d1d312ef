import { Knowledge, type Place } from './learning/knowledge.js';
import type { RouteRule } from './rules/route-rule.js';
import { RuleBook } from './rules/rule-book.js';

/** How often the shadow would have chosen what, where somebody else was asked first. */
export interface ShadowCount extends Place {
  readonly asked: string;
  readonly chosen: string;
  readonly count: number;
}

/** How often a first try began at a provider, by the word that says why. */
export interface RouteCount {
  readonly provider: string;
  readonly route: string;
  readonly count: number;
}

/**
 * What every text's route is decided by, in memory: the router reads it, a job fills it from the database. And what the router
 * counted meanwhile, until that job takes it.
 */
export class RouteBook {
  private book: RuleBook;
  private learned = new Knowledge();
  private version = 0;
  private shadows = new Map<string, ShadowCount>();
  private begun = new Map<string, RouteCount>();

  /** @param file the rules of ROUTES_FILE */
  constructor(private readonly file: readonly RouteRule[] = []) {
    this.book = new RuleBook(file);
  }

  get rules(): RuleBook {
    return this.book;
  }

  get knowledge(): Knowledge {
    return this.learned;
  }

  /** Another one: what was derived from this book is stale. */
  get edition(): number {
    return this.version;
  }

  /** Rules of the database, on top of the file's. */
  rule(rules: readonly RouteRule[]): void {
    this.book = new RuleBook(this.file, rules);
    this.version++;
  }

  learn(knowledge: Knowledge): void {
    this.learned = knowledge;
    this.version++;
  }

  countShadow(place: Place, asked: string, chosen: string): void {
    const key = `${place.country} ${place.network} ${place.channel} ${asked} ${chosen}`;
    const { country, network, channel } = place;
    const count = (this.shadows.get(key)?.count ?? 0) + 1;
    this.shadows.set(key, { country, network, channel, asked, chosen, count });
  }

  countBegun(provider: string, route: string): void {
    const key = `${provider} ${route}`;
    this.begun.set(key, { provider, route, count: (this.begun.get(key)?.count ?? 0) + 1 });
  }

  takeShadows(): readonly ShadowCount[] {
    const taken = [...this.shadows.values()];
    this.shadows = new Map();
    return taken;
  }

  takeBegun(): readonly RouteCount[] {
    const taken = [...this.begun.values()];
    this.begun = new Map();
    return taken;
  }
}
