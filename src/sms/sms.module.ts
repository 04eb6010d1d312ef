import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';

import { SmsObserver } from './delivery/sms-observer.js';
import { isClosable, SmsProviders } from './provider/sms-provider.js';
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
export class SmsModule extends SmsModuleBase implements OnApplicationShutdown {
  constructor(@Inject(SmsProviders) private readonly providers: SmsProviders) {
    super();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.providers.filter(isClosable).map((provider) => provider.close()));
  }
}
