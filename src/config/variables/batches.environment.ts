import { IsArray, IsOptional } from 'class-validator';

import { Env } from '../../kernel/index.js';
import { passes, saying } from './rules.js';

const RATE = /^(\d{1,5}(?:\.\d{1,2})?)$/;
const isRate = (text: unknown) => RATE.test(String(text)) && Number(text) >= 0.01 && Number(text) <= 10_000;
const isPace = (item: unknown) => {
  const [, provider, rate] = /^([a-z][a-z0-9-]*):(.+)$/.exec(String(item)) ?? [];
  return provider !== undefined && isRate(rate);
};

export class BatchesEnvironment {
  @Env({
    about:
      'Messages a second that one sender sends of batches, at every provider that SMS_PACE_PER_PROVIDER does not name; unset: ' +
      'twilio 1 (a US long code), aws-sns 20 (a new account), http 10. Codes are never held back.',
    example: '1',
  })
  @IsOptional()
  @passes('isRate', isRate, saying('must be messages a second, from 0.01 to 10000'))
  SMS_PACE_PER_SENDER?: string;

  @Env({ about: 'The same by provider.', example: 'twilio:100,http:500' })
  @IsArray(saying('must be provider:messages a second, separated by commas'))
  @passes('isPace', isPace, {
    ...saying('must be provider:messages a second, separated by commas, from 0.01 to 10000'),
    each: true,
  })
  SMS_PACE_PER_PROVIDER: string[] = [];
}
