import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Counter } from 'prom-client';

import { Clock, Rounds } from '../../kernel/index.js';
import { Metrics } from '../../metrics/index.js';
import { Database, takeTurn, valuesFor } from '../../prisma/index.js';
import { DestinationRouter } from '../destination-router.js';
import { Knowledge, type Measured } from '../learning/knowledge.js';
import type { RouteRule } from '../rules/route-rule.js';
import { RouteRules } from '../rules/rules.js';
import { ROUTING_OPTIONS, type RoutingOptions } from '../routing.options.js';
import * as sql from './stats.sql.js';

const RULES_EVERY_MS = 3_000;
const STATS_EVERY_MS = 60_000;
/** Somebody whose clock runs a little behind is not too early. */
const SLACK_MS = 5_000;

/** What is learned from what was measured. @throws {DatabaseUnavailable} */
export async function readKnowledge(database: Database, at: Date | null): Promise<Knowledge> {
  const rows = await database.query<sql.StatRow>(sql.LEARNED, valuesFor(sql.LEARNED, { at }));
  return new Knowledge(
    rows.map(
      ({ latency_ms: latencyMs, cost_micros: costMicros, ...row }): Measured => ({ ...row, latencyMs, costMicros }),
    ),
  );
}

/** Keeps the book of routes: rules within seconds, what was measured every minute. One instance counts, all read. */
@Injectable()
export class RoutingJob implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Routing');
  private readonly routes: Counter;
  private readonly rounds: Rounds;
  private statsAt = -Infinity;
  private known = '[]';

  constructor(
    private readonly database: Database,
    private readonly rules: RouteRules,
    private readonly router: DestinationRouter,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(ROUTING_OPTIONS) private readonly options: RoutingOptions,
    metrics: Metrics,
  ) {
    this.routes = metrics.counter('sixdigit_first_tries_total', 'First tries, by provider and why it was asked first', [
      'provider',
      'route',
    ]);
    this.rounds = new Rounds(
      () => this.look(),
      options.rulesEveryMs ?? RULES_EVERY_MS,
      () => undefined,
    );
  }

  /** Rules hold for the first text, too. */
  async onApplicationBootstrap(): Promise<void> {
    await this.look();
    this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
    await this.flush().catch(() => undefined);
  }

  /** The rules as they are now. @throws {DatabaseUnavailable} and then those that were known hold */
  async readRules(): Promise<void> {
    const rules = await this.rules.all();
    const known = JSON.stringify(rules);
    if (known === this.known) return;
    this.known = known;
    this.options.book.rule(rules);
    this.warnOf(rules);
  }

  /** Counts what was sent, if no other instance did in the last minute, and learns from what is counted. */
  async learn(): Promise<void> {
    const at = this.clock.databaseTime();
    await this.flush();
    const leaseMs = Math.max((this.options.statsEveryMs ?? STATS_EVERY_MS) - SLACK_MS, 0);
    if (await takeTurn(this.database, 'routing', leaseMs, at)) {
      await this.database.query(sql.ROLL_UP, valuesFor(sql.ROLL_UP, { at }));
      await this.database.query(sql.FORGET, valuesFor(sql.FORGET, { at }));
    }
    this.options.book.learn(await readKnowledge(this.database, at));
  }

  /** What the shadow chose since the last time; what cannot be written is counted again later. */
  private async flush(): Promise<void> {
    const counts = this.options.book.takeShadows();
    if (counts.length === 0) return;
    const values = { at: this.clock.databaseTime(), counts: JSON.stringify(counts) };
    await this.database.query(sql.ADD_SHADOWS, valuesFor(sql.ADD_SHADOWS, values));
  }

  private async look(): Promise<void> {
    for (const { provider, route, count } of this.options.book.takeBegun()) this.routes.inc({ provider, route }, count);
    try {
      await this.readRules();
      const now = this.clock.monotonic();
      if (now - this.statsAt < (this.options.statsEveryMs ?? STATS_EVERY_MS)) return;
      this.statsAt = now;
      await this.learn();
    } catch (error) {
      this.logger.warn(`routes stay as they are: ${error instanceof Error ? error.message : 'unknown failure'}`);
    }
  }

  /** It was right when it was set; a provider that is configured no more makes it otherwise. */
  private warnOf(rules: readonly RouteRule[]): void {
    const names = this.router.providers.map(({ name }) => name);
    for (const { act, country = '*' } of rules) {
      const gone = act.kind === 'learn' ? [] : act.providers.filter((name) => !names.includes(name));
      if (gone.length > 0) this.logger.warn(`a rule for ${country} names ${gone.join(', ')}, which is not configured`);
    }
  }
}
