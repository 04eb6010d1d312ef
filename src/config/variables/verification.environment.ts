import { ArrayNotEmpty, IsOptional, Length, Matches } from 'class-validator';

import { Env } from '../../kernel/index.js';
import { isPlainText } from '../../sms/index.js';
import { isCountry, IsWithin, passes, saying } from './rules.js';

const HOST_NAME = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

const BRAND_RULE = saying('must be 1 to 30 characters on one line');

export class VerificationEnvironment {
  @Env({ about: 'Country of numbers written without a plus.', example: 'US' })
  @passes('isCountry', isCountry, saying('must be a country code of two letters'))
  PHONE_DEFAULT_REGION: string = 'US';

  @Env({ about: 'Countries that texts may go to; unset: all.', example: 'US,CA,GB' })
  @IsOptional()
  @ArrayNotEmpty(saying('has no country in it', 'Name some, or unset it to allow all.'))
  @passes('isCountry', isCountry, {
    ...saying('must be country codes of two letters, separated by commas', 'Write US,CA or unset it to allow all.'),
    each: true,
  })
  ALLOWED_COUNTRIES?: string[];

  @Env({ about: 'Digits of a code.', example: '6' })
  @IsWithin(4, 10)
  VERIFICATION_CODE_LENGTH: number = 6;

  @Env({ about: 'Seconds until a code expires.', example: '600' })
  @IsWithin(60, 3_600)
  VERIFICATION_TTL_SECS: number = 600;

  @Env({ about: 'Wrong codes until a verification ends.', example: '5' })
  @IsWithin(1, 10)
  VERIFICATION_MAX_CHECKS: number = 5;

  @Env({ about: 'Your name, as texts say it.', example: 'Sixdigit' })
  // Control characters would let a name end the line that the code's own format depends on.
  @Length(1, 30, BRAND_RULE)
  @passes('isPlainText', (value) => typeof value === 'string' && isPlainText(value), BRAND_RULE)
  BRAND_NAME: string = 'Sixdigit';

  @Env({ about: 'Web site that browsers may fill the code in for.', example: 'login.example.com' })
  @IsOptional()
  @Matches(HOST_NAME, saying('must be a bare host name, without https:// and path'))
  WEB_OTP_DOMAIN?: string;

  @Env({ about: "Your app's hash by which Android hands the code to it.", example: 'FA+9qCX9VSu' })
  @IsOptional()
  @Matches(/^[A-Za-z0-9+/]{11}$/, saying('must be the 11 base64 characters that the SMS Retriever API wants'))
  ANDROID_APP_HASH?: string;
}
