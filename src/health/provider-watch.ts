import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

import { Clock } from '../kernel/index.js';
import { Rotation, type SmsProvider } from '../sms/index.js';
import { ProviderHealth } from './provider.health.js';

const TICK_MS = 250;
/** From one ping's beginning to the next's, however long it takes. */
const PING_EVERY_MS = 5_000;
/** After leaving the rotation, or failing on trial. */
const FIRST_PING_MS = 3_000;
/** The ping that confirms a first good one comes sooner, so that a healed provider is tried again within 10 seconds. */
const CONFIRM_AFTER_MS = 2_000;

/** Pings the providers that are out of the rotation until they have earned their trial. */
@Injectable()
export class ProviderWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ProviderWatch.name);
  private readonly dueAt = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly health: ProviderHealth,
    private readonly rotation: Rotation,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.tick(), TICK_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** In milliseconds; 0: it is pinged now. Undefined: it is not to be pinged. */
  nextPingInMs(name: string): number | undefined {
    const dueAt = this.dueAt.get(name);
    if (dueAt === undefined) return undefined;
    return Number.isFinite(dueAt) ? Math.max(dueAt - this.clock.monotonic(), 0) : 0;
  }

  private tick(): void {
    const suspended = this.rotation.suspended();
    for (const name of this.dueAt.keys()) {
      if (!suspended.some((provider) => provider.name === name)) this.dueAt.delete(name);
    }
    const now = this.clock.monotonic();
    for (const provider of suspended) {
      const dueAt = this.dueAt.get(provider.name) ?? now + FIRST_PING_MS;
      this.dueAt.set(provider.name, dueAt);
      if (now >= dueAt) void this.ping(provider);
    }
  }

  private async ping(provider: SmsProvider): Promise<void> {
    const begun = this.clock.monotonic();
    this.dueAt.set(provider.name, Infinity); // one at a time
    const answer = await this.health.ping(provider);
    this.logger.debug(`ping of ${provider.name}: ${answer}`);
    const stillOut = this.rotation.suspended().includes(provider);
    if (stillOut) this.dueAt.set(provider.name, begun + (answer === 'up' ? CONFIRM_AFTER_MS : PING_EVERY_MS));
    else this.dueAt.delete(provider.name); // should it leave again, its pings begin anew
  }
}
