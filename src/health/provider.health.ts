import { Inject, Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';

import { isPingable, Rotation, SmsProviders, type SmsProvider } from '../sms/index.js';

const TIMEOUT_MS = 2_000;
/** So that whoever reads the page does not load the provider. */
const CACHE_MS = 5_000;

/** Asks providers for a sign of life by calls that cost nothing, and tells the rotation what it heard. */
@Injectable()
export class ProviderHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly rotation: Rotation,
    @Inject(SmsProviders) private readonly providers: SmsProviders,
  ) {}

  /** One that cannot be asked is judged by its real sends alone. */
  async ping(provider: SmsProvider, cacheMs = 0): Promise<'up' | 'down' | 'none'> {
    if (!isPingable(provider)) return 'none';
    const attempt = this.indicators.check(provider.name).attempt(async ({ signal }) => {
      await provider.ping(signal).catch((error: unknown) => {
        this.rotation.pinged(provider.name, false);
        throw error;
      });
      this.rotation.pinged(provider.name, true);
    });
    const result = await (cacheMs > 0
      ? attempt.withTimeout(TIMEOUT_MS).cacheFor(cacheMs)
      : attempt.withTimeout(TIMEOUT_MS));
    return result[provider.name]?.status === 'up' ? 'up' : 'down';
  }

  /** Where a provider stands by its sends, and whether it answers now. Down only when no other is left. */
  async report(provider: SmsProvider): Promise<HealthIndicatorResult> {
    const ping = await this.ping(provider, CACHE_MS);
    const standings = this.rotation.standings();
    const { state, sinceMs, reason } = standings.find(({ name }) => name === provider.name) ?? {
      state: 'suspended',
      sinceMs: 0,
    };
    const data = { state, forSeconds: Math.round(sinceMs / 1_000), ping, ...(reason && { reason }) };
    const indicator = this.indicators.check(provider.name);
    if (state === 'in_rotation' && ping !== 'down') return indicator.up(data);
    const out = standings.filter((standing) => standing.state === 'suspended' || standing.state === 'held');
    const othersLeft = this.providers.length > out.length;
    return othersLeft ? indicator.degraded(data) : indicator.down(data);
  }
}
