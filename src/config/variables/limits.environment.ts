import { IsNumber, IsOptional, Max, Min } from 'class-validator';

import { Env } from '../../kernel/index.js';
import { IsWithin, saying } from './rules.js';

const DOLLARS = saying('must be dollars with at most two decimals, from 0 to 1000000');

export class LimitsEnvironment {
  @Env({
    aliases: ['SMS_RATE_LIMIT_PER_PHONE'],
    about: 'Texts to one number in one window of SMS_RATE_LIMIT_WINDOW.',
    example: '5',
  })
  @IsWithin(1, 10_000)
  SMS_RATE_LIMIT_PER_HOUR: number = 5;

  @Env({ about: 'Seconds of that window.', example: '3600' })
  @IsWithin(1, 86_400)
  SMS_RATE_LIMIT_WINDOW: number = 3_600;

  @Env({ about: 'Texts to one number in 24 hours.', example: '20' })
  @IsWithin(1, 100_000)
  SMS_RATE_LIMIT_PER_DAY: number = 20;

  @Env({ about: 'Dollars a UTC day; unset: 50.00.', example: '50.00' })
  @IsOptional()
  @IsNumber({ maxDecimalPlaces: 2 }, DOLLARS)
  @Min(0, DOLLARS)
  @Max(1_000_000, DOLLARS)
  SMS_DAILY_COST_LIMIT?: number;
}
