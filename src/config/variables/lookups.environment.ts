import { IsBoolean, IsIn } from 'class-validator';

import { Env } from '../../kernel/index.js';
import { isSecureUrl } from '../../sms/index.js';
import { IsWithin, passes, saying } from './rules.js';

export const LOOKUP_PROVIDERS = ['none', 'twilio'] as const;

export class LookupsEnvironment {
  @Env({
    about:
      'Who is asked, for money, what kind of line a number is, before its first text: none, or twilio; see docs/lookups.md.',
    example: 'twilio',
  })
  @IsIn(LOOKUP_PROVIDERS, saying(`must be one of ${LOOKUP_PROVIDERS.join(', ')}`))
  LOOKUP_PROVIDER: string = 'none';

  @Env({ about: 'Another address for Twilio Lookup.', example: 'https://lookups.twilio.com' })
  @passes(
    'isSecureUrl',
    isSecureUrl,
    saying('must be an https:// URL without user:password@ (http:// only for localhost)'),
  )
  LOOKUP_BASE_URL: string = 'https://lookups.twilio.com';

  @Env({ about: 'Days that an answer is good for.', example: '30' })
  @IsWithin(1, 365)
  LOOKUP_TTL_DAYS: number = 30;

  @Env({ about: 'What a text waits for an answer.', example: '800' })
  @IsWithin(50, 5_000)
  LOOKUP_TIMEOUT_MS: number = 800;

  @Env({ about: 'Numbers a UTC day that are paid for; the others get their texts without.', example: '1000' })
  @IsWithin(0, 10_000_000)
  LOOKUP_PER_DAY: number = 1_000;

  @Env({ about: 'No text goes out without an answer.', example: 'false' })
  @IsBoolean(saying('must be true or false'))
  LOOKUP_REQUIRED: boolean = false;
}
