import { Module } from '@nestjs/common';

import { Clock } from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import { Pricing } from '../sms/index.js';
import { AlertCounter, AlertLog } from './alerts.js';
import { SpendReport } from './spend-report.js';
import { SpendWatch } from './spend-watch.js';
import { SpendController } from './spend.controller.js';
import { SpendModuleBase } from './spend.options.js';

/** What texts cost: told to operators who ask, and to those who do not. */
@Module({
  controllers: [SpendController],
  providers: [
    AlertCounter,
    AlertLog,
    SpendWatch,
    {
      provide: SpendReport,
      inject: [Database, Pricing, Clock],
      useFactory: (database: Database, pricing: Pricing, clock: Clock) => new SpendReport(database, pricing, clock),
    },
  ],
})
export class SpendModule extends SpendModuleBase {}
