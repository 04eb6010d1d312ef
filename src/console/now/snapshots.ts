import { Inject, Injectable } from '@nestjs/common';

import { Clock } from '../../kernel/index.js';
import { Database, valuesFor } from '../../prisma/index.js';
import { Pricing } from '../../sms/index.js';
import { CONSOLE_OPTIONS, type ConsoleOptions } from '../console.options.js';
import { instanceName } from '../instance.js';
import { ProviderDesk } from '../providers/provider-desk.js';
import { Minutes } from './minutes.js';
import type { NowDto } from './now.dto.js';
import * as sql from './now.sql.js';

/** Whoever asks again sooner gets the same. */
const FRESH_MS = 900;
/** An hour of verifications is the one thing that grows with the traffic of an hour. */
const VERIFICATIONS_EVERY_MS = 5_000;

const usd = (micros: number) => micros / 1e6;

/** What happens now, worked out once for all who ask at the same time. */
@Injectable()
export class Snapshots {
  private readonly minutes = new Minutes();
  private latest: { readonly snapshot: NowDto; readonly at: number } | undefined;
  private underWay: Promise<NowDto> | undefined;
  private verifications: { readonly row: sql.VerificationsRow; readonly at: number } | undefined;

  constructor(
    private readonly database: Database,
    private readonly desk: ProviderDesk,
    private readonly pricing: Pricing,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(CONSOLE_OPTIONS) private readonly options: ConsoleOptions,
  ) {}

  /** At most a second old. @throws {DatabaseUnavailable} */
  now(): Promise<NowDto> {
    if (this.latest && this.clock.monotonic() - this.latest.at < FRESH_MS) return Promise.resolve(this.latest.snapshot);
    this.underWay ??= this.take().finally(() => (this.underWay = undefined));
    return this.underWay;
  }

  private async take(): Promise<NowDto> {
    const now = this.clock.databaseTime();
    const [moment] = await this.database.query<sql.MomentRow>(sql.MOMENT, valuesFor(sql.MOMENT, { now }));
    if (!moment) throw new Error(`${sql.MOMENT.name} returned no row`);
    const back = this.minutes.toRead(moment.at.getTime());
    const ofMinutes = valuesFor(sql.MINUTES, { now, minutes: back });
    const rows = await this.database.query<sql.MinuteRow>(sql.MINUTES, ofMinutes);
    const perMinute = this.minutes.take(rows, back, moment.at);
    const { started, approved } = await this.lastHour();
    const providers = await this.desk.list();
    const { calls, accepted } = this.desk.recentTotals();
    const [held, reserved] = [Number(moment.held), Math.min(Number(moment.reserved), Number(moment.held))];
    const snapshot: NowDto = {
      at: moment.at,
      instance: this.options.instance ?? instanceName(),
      simulation: this.options.simulation,
      providers,
      sends: { perMinute, lastMinute: moment.last_minute, successRate: calls > 0 ? accepted / calls : null },
      verifications: { started, approved, conversion: started > 0 ? approved / started : null },
      spend: {
        ...{ day: moment.day, limit: usd(this.pricing.capMicros), currency: 'USD' },
        ...{ reserved: usd(reserved), settled: usd(held - reserved) },
      },
      outbox: {
        waiting: moment.waiting,
        oldestSecs: moment.oldest_secs === null ? null : Math.round(moment.oldest_secs),
      },
    };
    this.latest = { snapshot, at: this.clock.monotonic() };
    return snapshot;
  }

  private async lastHour(): Promise<sql.VerificationsRow> {
    const at = this.clock.monotonic();
    if (this.verifications && at - this.verifications.at < VERIFICATIONS_EVERY_MS) return this.verifications.row;
    const values = valuesFor(sql.VERIFICATIONS, { now: this.clock.databaseTime() });
    const [row = { started: 0, approved: 0 }] = await this.database.query<sql.VerificationsRow>(
      sql.VERIFICATIONS,
      values,
    );
    this.verifications = { row, at };
    return row;
  }
}
