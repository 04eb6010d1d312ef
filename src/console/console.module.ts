import { Module } from '@nestjs/common';

import { AuditLog, AuditModule } from '../audit/index.js';
import { ProviderWatch } from '../health/index.js';
import { Clock } from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import { Rotation, SmsProviders } from '../sms/index.js';
import { CONSOLE_OPTIONS, ConsoleModuleBase, type ConsoleOptions } from './console.options.js';
import { instanceName } from './instance.js';
import { CountriesController } from './countries/countries.controller.js';
import { CountryDesk } from './countries/country-desk.js';
import { Live } from './now/live.js';
import { NowController } from './now/now.controller.js';
import { Snapshots } from './now/snapshots.js';
import { ProviderDesk } from './providers/provider-desk.js';
import { ProviderHolds } from './providers/provider-holds.js';
import { ProvidersController } from './providers/providers.controller.js';
import { StandingLog } from './providers/standing-log.js';
import { MessageDesk } from './ways/message-desk.js';
import { VerificationDesk } from './ways/verification-desk.js';
import { MessageWaysController, VerificationWaysController } from './ways/ways.controllers.js';

type DeskParts = [
  ...[database: Database, audit: AuditLog, clock: Clock, providers: SmsProviders, rotation: Rotation],
  ...[holds: ProviderHolds, log: StandingLog, watch: ProviderWatch, options: ConsoleOptions],
];

/** What operators look at, and the one thing that they do here: taking providers out, and putting them back. */
@Module({
  imports: [AuditModule],
  controllers: [
    NowController,
    ProvidersController,
    VerificationWaysController,
    MessageWaysController,
    CountriesController,
  ],
  providers: [
    Snapshots,
    Live,
    ProviderHolds,
    StandingLog,
    {
      provide: ProviderDesk,
      inject: [
        Database,
        AuditLog,
        Clock,
        SmsProviders,
        Rotation,
        ProviderHolds,
        StandingLog,
        ProviderWatch,
        CONSOLE_OPTIONS,
      ],
      useFactory: (
        ...[database, audit, clock, providers, rotation, holds, log, watch, { instance = instanceName() }]: DeskParts
      ) => {
        const nextPingInMs = (name: string) => watch.nextPingInMs(name);
        const running = { rotation, holds, log, nextPingInMs };
        return new ProviderDesk({ database, audit, clock, providers, instance, running });
      },
    },
    VerificationDesk,
    MessageDesk,
    CountryDesk,
  ],
  exports: [ProviderDesk],
})
export class ConsoleModule extends ConsoleModuleBase {}
