import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';

import { DatabaseHealth } from './database.health.js';
import { HealthController } from './health.controller.js';
import { HealthModuleBase } from './health.options.js';
import { RedisHealth } from './redis.health.js';
import { ProviderWatch } from './provider-watch.js';
import { ProviderHealth } from './provider.health.js';
import { SmsHealth } from './sms.health.js';

@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [DatabaseHealth, RedisHealth, SmsHealth, ProviderHealth, ProviderWatch],
  exports: [ProviderWatch],
})
export class HealthModule extends HealthModuleBase {}
