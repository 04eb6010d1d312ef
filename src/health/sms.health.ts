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
    const suspended = standings.filter(({ state }) => state === 'suspended').map(({ name }) => name);
    const data = { mode, ...(suspended.length > 0 && { suspended }) };
    if (suspended.length === 0) return indicator.up(data);
    return suspended.length < standings.length ? indicator.degraded(data) : indicator.down(data);
  }
}
