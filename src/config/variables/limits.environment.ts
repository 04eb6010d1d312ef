import { IsNumber, IsOptional, IsString, Max, Min } from 'class-validator';

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

  @Env({
    about: 'Percent of SMS_DAILY_COST_LIMIT that only numbers approved in the last 90 days may use.',
    example: '20',
  })
  @IsWithin(0, 100)
  SMS_COST_SHARE_FOR_KNOWN: number = 20;

  @Env({
    about:
      'What a text costs, by provider and country, as JSON (docs/spend.md); unset: the prices.json that comes along.',
    example: '/etc/sixdigit/prices.json',
  })
  @IsOptional()
  @IsString()
  PRICES_FILE?: string;

  @Env({ about: 'Dollars at a provider below which operators are told.', example: '10' })
  @IsNumber({}, saying('must be dollars, from 0 to 1000000'))
  @Min(0, saying('must be dollars, from 0 to 1000000'))
  @Max(1_000_000, saying('must be dollars, from 0 to 1000000'))
  SMS_LOW_BALANCE: number = 10;
}
