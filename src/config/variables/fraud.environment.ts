import { IsIn, IsOptional, IsString, Length, Matches } from 'class-validator';

import { CHALLENGE_PROVIDERS, FRAUD_MODES, LINE_TYPES } from '../../fraud/index.js';
import { Env } from '../../kernel/index.js';
import { isCountry, isUrlOf, IsWithin, passes, saying } from './rules.js';

const COUNTRIES = {
  ...saying('must be country codes of two letters, separated by commas', 'Write SL,CI or unset it.'),
  each: true,
};
const KEEPS_SECRETS = ['turnstile', 'hcaptcha'];

export class FraudEnvironment {
  @Env({ about: 'Prefix budgets: record, challenge or enforce; see docs/fraud.md.', example: 'enforce' })
  @IsIn(FRAUD_MODES, saying(`must be one of ${FRAUD_MODES.join(', ')}`))
  FRAUD_MODE: string = 'record';

  @Env({ about: 'Countries that no text goes to.', example: 'SL,CI' })
  @IsOptional()
  @passes('isCountry', isCountry, COUNTRIES)
  BLOCKED_COUNTRIES?: string[];

  @Env({ about: 'Countries where FRAUD_MODE is at least challenge.', example: 'NG,PK' })
  @IsOptional()
  @passes('isCountry', isCountry, COUNTRIES)
  MONITORED_COUNTRIES?: string[];

  @Env({
    about: `Lines that get no texts: some of ${LINE_TYPES.join(', ')}; unset: all of them; none: none.`,
    example: 'premium-rate,voip',
  })
  @IsOptional()
  @passes('isLineType', (value) => value === 'none' || LINE_TYPES.includes(value as never), {
    ...saying(`must be none, or some of ${LINE_TYPES.join(', ')}`),
    each: true,
  })
  BLOCKED_LINE_TYPES?: string[];

  @Env({ about: `What a challenge is: ${CHALLENGE_PROVIDERS.join(', ')}.`, example: 'turnstile' })
  @IsIn(CHALLENGE_PROVIDERS, saying(`must be one of ${CHALLENGE_PROVIDERS.join(', ')}`))
  @passes(
    'hasSecret',
    (value, { CHALLENGE_SECRET }) => !KEEPS_SECRETS.includes(value as string) || Boolean(CHALLENGE_SECRET),
    saying('needs CHALLENGE_SECRET', 'Copy the secret from the provider, or use CHALLENGE_PROVIDER=proof-of-work.'),
  )
  CHALLENGE_PROVIDER: string = 'proof-of-work';

  @Env({ about: 'The secret of Turnstile or hCaptcha.', example: 'change-me-to-the-secret-of-the-widget' })
  @IsOptional()
  @IsString()
  @Length(1, 200, saying('must have 1 to 200 characters'))
  CHALLENGE_SECRET?: string;

  @Env({
    about: 'Its public site key, which refusals tell to clients.',
    example: '10000000-ffff-ffff-ffff-000000000001',
  })
  @IsOptional()
  @Matches(/^[\w.-]{1,100}$/, saying('must be 1 to 100 letters, digits, dashes and dots'))
  CHALLENGE_SITE_KEY?: string;

  @Env({ about: 'Another address for its siteverify.', example: 'https://api.hcaptcha.com/siteverify' })
  @IsOptional()
  @passes('isUrl', isUrlOf('https:', 'http:'), saying('must be a URL'))
  CHALLENGE_URL?: string;

  @Env({ about: 'Zero bits of a proof of work; one more takes twice as long.', example: '18' })
  @IsWithin(8, 28)
  CHALLENGE_BITS: number = 18;
}
