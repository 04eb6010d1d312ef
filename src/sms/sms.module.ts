import { Inject, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

import { SmsObserver } from './delivery/sms-observer.js';
import { isClosable, isPreparable, SmsProviders } from './provider/sms-provider.js';
import { Pricing } from './pricing/pricing.js';
import { rotationLog } from './routing/rotation-log.js';
import { Rotation } from './routing/rotation.js';
import type { StandingChange } from './routing/standing.js';
import { PreferenceRouter, Router } from './routing/router.js';
import { OwnSenders } from './senders/own-senders.js';
import { Senders } from './senders/senders.js';
import { SMS_OPTIONS, SmsModuleBase, type SmsOptions } from './sms.options.js';
import { SmsService } from './sms.service.js';
import { Templates } from './templates/templates.js';

/** A backup's first text is a failover, for which people wait; but nobody waits for it before the program answers. */
const PREPARE_AFTER_MS = 1_000;

/** Needs no credentials and no network to be constructed: providers are asked when something is sent. */
@Module({
  providers: [
    {
      provide: SmsProviders,
      inject: [SMS_OPTIONS],
      useFactory: ({ providers }: SmsOptions): SmsProviders => providers,
    },
    {
      provide: Rotation,
      inject: [SMS_OPTIONS],
      useFactory: ({ providers, clock, random, observer }: SmsOptions) => {
        const log = rotationLog();
        const onChange = (change: StandingChange) => {
          log(change);
          observer?.changed(change);
        };
        return new Rotation(providers, { clock, random, onChange });
      },
    },
    {
      provide: Pricing,
      inject: [SMS_OPTIONS],
      useFactory: ({ providers, budget }: SmsOptions) => new Pricing(providers, budget),
    },
    {
      provide: Router,
      inject: [SMS_OPTIONS],
      useFactory: ({ providers, router }: SmsOptions) => router ?? new PreferenceRouter(providers),
    },
    {
      provide: Senders,
      inject: [SMS_OPTIONS],
      useFactory: ({ providers, senders }: SmsOptions) => senders ?? new OwnSenders(providers),
    },
    {
      provide: Templates,
      inject: [SMS_OPTIONS],
      useFactory: ({ templates }: SmsOptions) => new Templates(templates),
    },
    {
      provide: SmsObserver,
      inject: [SMS_OPTIONS],
      useFactory: ({ observer }: SmsOptions) => observer ?? new SmsObserver(),
    },
    SmsService,
  ],
  exports: [SmsObserver, SmsProviders, Rotation, Router, Pricing, Senders, SmsService, Templates],
})
export class SmsModule extends SmsModuleBase implements OnApplicationBootstrap, OnApplicationShutdown {
  private preparing: NodeJS.Timeout | undefined;

  constructor(@Inject(SmsProviders) private readonly providers: SmsProviders) {
    super();
  }

  onApplicationBootstrap(): void {
    const prepare = () => {
      for (const provider of this.providers.filter(isPreparable)) void provider.prepare().catch(() => undefined);
    };
    this.preparing = setTimeout(prepare, PREPARE_AFTER_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.preparing);
    await Promise.all(this.providers.filter(isClosable).map((provider) => provider.close()));
  }
}
