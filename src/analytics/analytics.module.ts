import { Module } from '@nestjs/common';

import { AnalyticsController } from './analytics.controller.js';
import { Analytics } from './analytics.js';
import { AnalyticsModuleBase } from './analytics.options.js';
import { RollUpJob } from './roll-up.job.js';

/** What texts brought, and what that cost. */
@Module({ controllers: [AnalyticsController], providers: [Analytics, RollUpJob], exports: [Analytics, RollUpJob] })
export class AnalyticsModule extends AnalyticsModuleBase {}
