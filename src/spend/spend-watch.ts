import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Gauge } from 'prom-client';

import { Clock } from '../kernel/index.js';
import { Metrics } from '../metrics/index.js';
import { Database } from '../prisma/index.js';
import { dollars, hasBalance, Pricing, SmsProviders, type SmsProvider, type Balance } from '../sms/index.js';
import { AlertCounter, AlertLog, type Alert, type AlertSink } from './alerts.js';
import { SPEND_OPTIONS, type SpendOptions } from './spend.options.js';
import * as sql from './spend.sql.js';

const EVERY_MS = 5_000;
const ROLL_UP_EVERY = 12;
const BALANCE_EVERY = 24;
const BALANCE_TIMEOUT_MS = 5_000;
const THRESHOLDS = [50, 80, 100];
/** Who still gets a text to the home country. */
const WHAT_THEN = {
  everybody: '',
  'known-numbers': '; only numbers that were approved before still get one',
  nobody: '; no more are sent, but to numbers whose texts still fit',
} as const;

/** An hour is unusual when it takes that much of the cap while too few of its verifications come to anything ... */
const MUCH_OF_THE_CAP = 0.25;
const GOOD_CONVERSION = 0.35;
const FEWEST_JUDGED = 10;
/** ... or that much more than the same hour did in the last 14 days, and is not small change. */
const MORE_THAN_USUAL = 4;
const SMALL_CHANGE = 0.05;

/** Looks at what texts cost, and tells operators what they should know; over all instances each thing once. */
@Injectable()
export class SpendWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(SpendWatch.name);
  private readonly sinks: readonly AlertSink[];
  private readonly balance: Gauge;
  private timer: NodeJS.Timeout | undefined;
  private looks = 0;
  private looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly pricing: Pricing,
    @Inject(SmsProviders) private readonly providers: SmsProviders,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(SPEND_OPTIONS) private readonly options: SpendOptions,
    log: AlertLog,
    counter: AlertCounter,
    metrics: Metrics,
  ) {
    this.sinks = [log, counter, ...(options.sinks ?? [])];
    metrics.gauge('sixdigit_spend_cap_dollars', 'SMS_DAILY_COST_LIMIT, of a UTC day').set(pricing.capMicros / 1e6);
    this.balance = metrics.gauge('sixdigit_provider_balance', 'What is left at a provider', ['provider', 'currency']);
  }

  onApplicationBootstrap(): void {
    if (!this.pricing.isFree) this.schedule();
  }

  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.looking;
  }

  /** Whether the day's thresholds are reached. */
  async lookAtDay(): Promise<void> {
    const [row] = await this.database.query<sql.DayRow>(sql.DAY, [this.clock.databaseTime()]);
    if (!row) return;
    const { capMicros, keptMicros } = this.pricing;
    const held = Number(row.held);
    const next = held + this.pricing.worst(1, this.options.homeCountry);
    const passes = next > capMicros ? 'nobody' : next > capMicros - keptMicros ? 'known-numbers' : 'everybody';
    const percent =
      passes === 'nobody'
        ? 100
        : Math.max(0, ...THRESHOLDS.filter((share) => share < 100 && held * 100 >= capMicros * share));
    const isLess = passes !== 'everybody';
    if (percent <= row.told_percent && (!isLess || row.told_known_only)) return;
    if ((await this.database.query(sql.TELL_DAY, [row.day, percent, isLess])).length === 0) return;
    await this.tell({
      type: 'spend.threshold',
      level: isLess || percent > 50 ? 'error' : 'warn',
      message: `texts have taken ${dollars(held)} of today's ${dollars(capMicros)} (${percent} %)${WHAT_THEN[passes]}`,
      data: { day: row.day, percent, passes, heldMicros: held, capMicros },
    });
  }

  /** Whether this hour, or the one before, is unlike others. */
  async lookAtHours(): Promise<void> {
    const at = this.clock.databaseTime();
    for (const row of await this.database.query<sql.HourRow>(sql.ROLL_UP, [at])) {
      const reason = this.reasonOf(row);
      if (!reason || (await this.database.query(sql.TELL_HOUR, [row.hour, at])).length === 0) continue;
      const hour = row.hour.toISOString();
      const data = { hour, spentMicros: Number(row.spent), judged: row.judged, approved: row.approved };
      const message = `the hour of ${hour} cost ${dollars(Number(row.spent))}: ${reason}`;
      await this.tell({ type: 'spend.unusual_hour', level: 'error', message, data });
    }
  }

  /** What is left at the providers that tell. */
  async lookAtBalances(): Promise<void> {
    for (const provider of this.providers) {
      if (!hasBalance(provider)) continue;
      const mine = [this.clock.databaseTime(), provider.name];
      if ((await this.database.query(sql.CLAIM_BALANCE, mine)).length === 0) continue;
      const balance = await this.balanceOf(provider).catch(() => undefined);
      if (!balance) {
        this.logger.debug(`${provider.name} does not tell its balance`);
        continue;
      }
      const { amount, currency } = balance;
      this.balance.set({ provider: provider.name, currency }, amount);
      const isLow = amount < this.options.lowBalance;
      const changed = await this.database.query(sql.SET_LOW, [provider.name, isLow]);
      if (!isLow || changed.length === 0) continue;
      await this.tell({
        type: 'provider.balance_low',
        level: 'error',
        message: `${amount.toFixed(2)} ${currency} are left at ${provider.name}`,
        data: { provider: provider.name, balance: amount, currency, threshold: this.options.lowBalance },
      });
    }
  }

  private reasonOf({ spent, judged, approved, usual }: sql.HourRow): string | undefined {
    const { capMicros } = this.pricing;
    const micros = Number(spent);
    if (micros > capMicros * MUCH_OF_THE_CAP && judged >= FEWEST_JUDGED && approved < judged * GOOD_CONVERSION)
      return `only ${approved} of its ${judged} verifications were approved`;
    if (usual !== null && micros > Number(usual) * MORE_THAN_USUAL && micros > capMicros * SMALL_CHANGE)
      return `${dollars(Number(usual))} are usual for it`;
    return undefined;
  }

  private balanceOf(provider: SmsProvider & { balance(signal: AbortSignal): Promise<Balance> }): Promise<Balance> {
    const { signal, release } = this.clock.deadline(BALANCE_TIMEOUT_MS);
    return provider.balance(signal).finally(release);
  }

  private async tell(alert: Alert): Promise<void> {
    for (const sink of this.sinks) {
      await Promise.resolve(sink.tell(alert)).catch((error: unknown) =>
        this.logger.error(
          `${alert.type} could not be told: ${error instanceof Error ? error.name : 'unknown failure'}`,
        ),
      );
    }
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.looking = this.look().finally(() => this.timer && this.schedule());
    }, EVERY_MS).unref();
  }

  private async look(): Promise<void> {
    const turn = this.looks++;
    try {
      await this.lookAtDay();
      if (turn % ROLL_UP_EVERY === 0) await this.lookAtHours();
      if (turn % BALANCE_EVERY === 0) await this.lookAtBalances();
    } catch (error) {
      this.logger.debug(`cannot look at what texts cost: ${error instanceof Error ? error.name : 'unknown failure'}`);
    }
  }
}
