import { IsArray, IsIn, IsOptional, Matches } from 'class-validator';

import { Env } from '../../kernel/index.js';
import { isAddressRange, isExactOrigin, isOrigin, IsWithin, passes, saying } from './rules.js';

export class ServerEnvironment {
  @Env({ about: 'development, test or production.', example: 'development' })
  @IsIn(['development', 'test', 'production'], saying('must be development, test or production'))
  NODE_ENV: string = 'development';

  @Env({ about: 'Address to listen on; unset: 127.0.0.1, in production 0.0.0.0.', example: '127.0.0.1' })
  @IsOptional()
  @Matches(/^[A-Za-z0-9.:_-]+$/, saying('must be an IP address or a host name, without a port'))
  HOST?: string;

  @Env({ about: 'Port to listen on; 0 takes any free one.', example: '3000' })
  @IsWithin(0, 65_535)
  PORT: number = 3_000;

  @Env({
    about: 'Where the internet finds this server; delivery reports are asked for and verified against it only.',
    example: 'https://verify.example.com',
  })
  @IsOptional()
  @passes('isOrigin', isOrigin, saying('must be an http:// or https:// URL without user, path or query'))
  PUBLIC_BASE_URL?: string;

  @Env({
    about: 'Proxies whose X-Forwarded-* headers are believed; unset: none.',
    example: '10.0.0.0/8,192.168.1.10',
  })
  @IsArray(saying('must be addresses separated by commas'))
  @passes('isAddressRange', isAddressRange, {
    ...saying('must be IP addresses or ranges such as 10.0.0.0/8, separated by commas'),
    each: true,
  })
  TRUSTED_PROXIES: string[] = [];

  @Env({
    about: 'Origins whose pages may sign people in by /v1/auth from a browser; unset: none.',
    example: 'https://www.example.com,https://app.example.com',
  })
  @IsArray(saying('must be origins separated by commas'))
  @passes('isExactOrigin', isExactOrigin, {
    ...saying('must be origins such as https://www.example.com, separated by commas, each in full: no * and no null'),
    each: true,
  })
  CORS_ORIGINS: string[] = [];
}
