import { Inject, Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';

import { Rotation } from '../sms/index.js';
import { HEALTH_OPTIONS, type HealthOptions } from './health.options.js';

/** Whether texts go out. Losing some providers degrades us; only losing all of them takes us down. */
@Injectable()
export class SmsHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly rotation: Rotation,
    @Inject(HEALTH_OPTIONS) private readonly options: HealthOptions,
  ) {}

  check() {
    const { mode, modeReason } = this.options;
    const indicator = this.indicators.check('sms');
    // Still able to check codes and to answer SMS_DISABLED, so not down.
    if (mode === 'disabled') return indicator.degraded({ mode, reason: modeReason });
    const standings = this.rotation.standings();
    const inState = (wanted: string) => standings.filter(({ state }) => state === wanted).map(({ name }) => name);
    const [suspended, held] = [inState('suspended'), inState('held')];
    const data = { mode, ...(suspended.length > 0 && { suspended }), ...(held.length > 0 && { held }) };
    const out = suspended.length + held.length;
    if (out === 0) return indicator.up(data);
    return out < standings.length ? indicator.degraded(data) : indicator.down(data);
  }
}
