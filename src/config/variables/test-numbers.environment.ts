import { IsBoolean, isISO8601, IsOptional } from 'class-validator';

import { Env } from '../../kernel/index.js';
import { passes, saying, type Test } from './rules.js';

/** ISO 8601 knows weeks and days of the year, too, which nothing here could read. */
const isTime: Test = (value) =>
  typeof value === 'string' &&
  isISO8601(value, { strict: true, strictSeparator: true }) &&
  !Number.isNaN(Date.parse(value));

export class TestNumbersEnvironment {
  @Env({
    about:
      'Numbers of yours for tests and for reviewers of app stores, each with the only code that is right for it. No text is sent to them.',
    example: '+15005550006=493817',
  })
  @IsOptional()
  TEST_NUMBERS?: string[];

  @Env({
    about: 'When they become numbers like any other; in production within 90 days.',
    example: '2027-01-31T00:00:00Z',
  })
  @IsOptional()
  @passes('isTime', isTime, saying('must be a time as of RFC 3339'))
  TEST_NUMBERS_VALID_UNTIL?: string;

  @Env({
    about: 'Allows them in production: whoever knows such a number and its code logs in with it.',
    example: 'false',
  })
  @IsBoolean(saying('must be true or false'))
  TEST_NUMBERS_IN_PRODUCTION: boolean = false;
}
