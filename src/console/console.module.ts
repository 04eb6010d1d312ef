import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/index.js';
import { ConsoleModuleBase } from './console.options.js';
import { CountriesController } from './countries/countries.controller.js';
import { CountryDesk } from './countries/country-desk.js';
import { Live } from './now/live.js';
import { NowController } from './now/now.controller.js';
import { Snapshots } from './now/snapshots.js';
import { ProviderDesk } from './providers/provider-desk.js';
import { ProvidersController } from './providers/providers.controller.js';
import { MessageDesk } from './ways/message-desk.js';
import { VerificationDesk } from './ways/verification-desk.js';
import { MessageWaysController, VerificationWaysController } from './ways/ways.controllers.js';

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
  providers: [Snapshots, Live, ProviderDesk, VerificationDesk, MessageDesk, CountryDesk],
})
export class ConsoleModule extends ConsoleModuleBase {}
