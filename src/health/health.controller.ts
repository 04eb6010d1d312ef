import { Controller, Get, Inject, UseFilters } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { HealthCheck, HealthCheckService } from '@nestjs/terminus';
import { SkipThrottle } from '@nestjs/throttler';

import { Public } from '../http/index.js';
import { SmsProviders } from '../sms/index.js';
import { DatabaseHealth } from './database.health.js';
import { HealthFilter } from './health.filter.js';
import { ProviderHealth } from './provider.health.js';
import { RedisHealth } from './redis.health.js';
import { SmsHealth } from './sms.health.js';

@ApiTags('health')
@Controller('health')
@Public()
@SkipThrottle()
@UseFilters(HealthFilter)
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: DatabaseHealth,
    private readonly redis: RedisHealth,
    private readonly sms: SmsHealth,
    private readonly provider: ProviderHealth,
    @Inject(SmsProviders) private readonly providers: SmsProviders,
  ) {}

  @Get('live')
  @ApiOperation({
    summary: 'The process answers',
    description: 'Asks nobody else, so that a lost database restarts nothing.',
  })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  @HealthCheck()
  @ApiOperation({
    summary: 'Database, Redis if there is one, and providers',
    description: 'Degraded, still 200, while one provider is left.',
  })
  ready() {
    const redis = this.redis.isConfigured ? [() => this.redis.check()] : [];
    return this.health.check([() => this.database.check(), ...redis, () => this.sms.check()]);
  }

  @Get('providers')
  @HealthCheck()
  @ApiOperation({ summary: 'Each provider: in the rotation, on trial or suspended, since when and why' })
  providersInRotation() {
    return this.health.check(this.providers.map((provider) => () => this.provider.report(provider)));
  }
}
