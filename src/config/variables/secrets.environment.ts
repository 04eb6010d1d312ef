import { ArrayNotEmpty, ArrayUnique, IsOptional, IsString, Matches } from 'class-validator';

import { Env } from '../../kernel/index.js';
import { isPassword, passes, saying } from './rules.js';

/** How to get a secret that nobody can guess; the example is refused in production. */
export const MAKE_SECRET = 'Make one with: openssl rand -base64 32';
/** How to get a key that fits into API_KEYS. */
export const MAKE_API_KEY = 'Write name:key, and make the key with: openssl rand -hex 24';

/** How to get what may stand in ADMIN_PASSWORD instead of the password. */
const MAKE_PASSWORD =
  'Make one by: npm run cli -- secret --password. Put it in single quotes where a $ means something.';

const nameOf = (item: unknown): string => String(item).split(':', 1)[0]!;

export class SecretsEnvironment {
  @Env({
    about:
      'At least 32 random bytes that every other key is made of; unset: made once in DATA_DIR (not in production).',
    example: 'change-me-to-at-least-32-random-bytes',
  })
  @IsOptional()
  @IsString()
  APP_SECRET?: string;

  @Env({
    about: 'The former APP_SECRET, while what was written with it is still alive.',
    example: 'change-me-to-the-former-app-secret',
  })
  @IsOptional()
  @IsString()
  APP_SECRET_PREVIOUS?: string;

  @Env({
    about: 'Who may call the API, as name:key,name:key; unset: one key, shown at start (not in production).',
    example: 'shop:change-me-shop-0123456789,support:change-me-support-0123456789',
  })
  @IsOptional()
  @ArrayNotEmpty(saying('has no key in it', MAKE_API_KEY))
  @Matches(/^[a-z0-9-]+:[A-Za-z0-9_\-.~]{16,}$/, {
    ...saying(
      'must be name:key,name:key, with names of a-z 0-9 - and keys of at least 16 characters of A-Z a-z 0-9 _ - . ~',
      MAKE_API_KEY,
    ),
    each: true,
  })
  @ArrayUnique(nameOf, saying('has one name twice', 'Give every key a name of its own.'))
  API_KEYS?: string[];

  @Env({
    about:
      "The operators' password, at least 12 characters in production, or what `npm run cli -- secret --password` makes of it; unset: nobody signs in.",
    example: 'change-me-too-please',
  })
  @IsOptional()
  @passes('isPassword', isPassword, saying('is no argon2id hash', MAKE_PASSWORD))
  ADMIN_PASSWORD?: string;

  @Env({
    about: 'Proves that a delivery report comes from a provider; at least 32 characters.',
    example: 'change-me-to-at-least-32-characters',
  })
  @IsOptional()
  @Matches(/^.{32,}$/, saying('must have at least 32 characters', MAKE_SECRET))
  SMS_WEBHOOK_SECRET?: string;
}
