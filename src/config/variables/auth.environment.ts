import { IsBoolean, IsOptional, Matches } from 'class-validator';

import { Env } from '../../kernel/index.js';
import { saying } from './rules.js';

export class AuthEnvironment {
  @Env({ about: 'Login by phone at /v1/auth; false: only the server API is there.', example: 'true' })
  @IsBoolean(saying('must be true or false'))
  AUTH_ENABLED: boolean = true;

  @Env({
    about: 'The aud of access tokens, which names the services that take them; unset: this server.',
    example: 'https://api.example.com',
  })
  @IsOptional()
  @Matches(/^[!-~]{1,200}$/, saying('must be 1 to 200 characters without spaces'))
  AUTH_AUDIENCE?: string;
}
