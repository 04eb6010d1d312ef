import { Inject, Injectable } from '@nestjs/common';

import type { QuotaState } from '../kernel/index.js';
import { LIMITS_OPTIONS, type LimitsOptions } from './limits.options.js';
import { RateLimitExceeded } from './rate-limit-exceeded.js';
import type { Quotas, WindowRow } from './sliding-windows.js';

const NAMES = ['phone-hour', 'phone-day'] as const;
const DAY_SECS = 86_400;

/** How many texts one canonical number may get: at most `perWindow` in any window and `perDay` in any 24 hours. */
@Injectable()
export class SendLimits implements Quotas {
  readonly quotas: readonly number[];
  readonly secs: readonly number[];

  constructor(@Inject(LIMITS_OPTIONS) options: LimitsOptions) {
    this.quotas = [options.perWindow, options.perDay];
    this.secs = [options.windowSecs, DAY_SECS];
  }

  /** @throws {RateLimitExceeded} naming the limit, when the row says that one refused. */
  admit(row: WindowRow): readonly QuotaState[] {
    const states = this.states(row);
    if (row.refused_by === null) return states;
    throw new RateLimitExceeded(NAMES[row.refused_by - 1] ?? 'resend-cooldown', row.retry_after ?? 1, states);
  }

  /** As for a number that just got its first text, and that nothing is counted for. */
  statesAfterOne(): readonly QuotaState[] {
    const remaining = this.quotas.map((quota) => Math.max(0, quota - 1));
    return this.states({ refused_by: null, retry_after: null, remaining, resets: [...this.secs] });
  }

  states({ remaining, resets }: WindowRow): readonly QuotaState[] {
    return NAMES.map((name, index) => ({
      name,
      quota: this.quotas[index] ?? 0,
      windowSecs: this.secs[index] ?? 0,
      remaining: remaining?.[index] ?? this.quotas[index] ?? 0,
      resetSecs: resets?.[index] ?? 0,
    }));
  }
}
