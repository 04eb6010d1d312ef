import { IsOptional, Matches } from 'class-validator';

import { Env } from '../../kernel/index.js';
import { isOrigin, passes, saying } from './rules.js';

/** For commands alone: the program itself reads neither. */
export class CliEnvironment {
  @Env({
    about: 'The running program that commands talk to; unset: they work on the database themselves.',
    example: 'http://127.0.0.1:3000',
  })
  @IsOptional()
  @passes('isOrigin', isOrigin, saying('must be an http:// or https:// URL without user, path or query'))
  SIXDIGIT_URL?: string;

  @Env({ about: 'The key by which they do.', example: 'change-me-to-a-key-of-the-program' })
  @IsOptional()
  @Matches(/^[!-~]{1,200}$/, saying('must be a key without spaces', 'Make one by: npm run cli -- keys create'))
  SIXDIGIT_API_KEY?: string;
}
