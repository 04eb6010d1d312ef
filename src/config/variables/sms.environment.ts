import { IsBoolean, IsIn, IsOptional, IsString } from 'class-validator';

import { Env } from '../../kernel/index.js';
import { LOG_LEVELS } from '../app-config.js';
import { IsAtLeast, IsWithin, saying } from './rules.js';

export class SmsEnvironment {
  @Env({
    aliases: ['SMS_PROVIDER'],
    about:
      'Most preferred first: twilio, aws-sns, http; failover means twilio,aws-sns; or mock, or disabled alone. ' +
      'Unset: those whose credentials are found.',
    example: 'twilio,aws-sns',
  })
  @IsOptional()
  SMS_PROVIDERS?: string[];

  @Env({ aliases: ['SMS_MOCK_MODE'], about: 'Everything works, and no text leaves.', example: 'true' })
  @IsBoolean(saying('must be true or false'))
  SMS_SIMULATION_MODE: boolean = false;

  @Env({ about: 'What one try may take while another provider is left.', example: '3000' })
  @IsWithin(100, 60_000)
  SMS_ATTEMPT_TIMEOUT_MS: number = 3_000;

  @Env({ about: 'What a request waits for its text to be sent.', example: '8000' })
  @IsWithin(500, 60_000)
  // A failover needs time for its second try.
  @IsAtLeast('SMS_ATTEMPT_TIMEOUT_MS', 500)
  SMS_SEND_BUDGET_MS: number = 8_000;

  @Env({ about: 'When a failover must have happened, in the background too.', example: '30' })
  @IsWithin(1, 300)
  SMS_FAILOVER_TIMEOUT_SECS: number = 30;

  @Env({ about: 'Texts with a code warn not to share it.', example: 'true' })
  @IsBoolean(saying('must be true or false'))
  SMS_DO_NOT_SHARE: boolean = true;

  @Env({
    about:
      'Writes accents, quotes and dashes that GSM-7 has not by the nearest that it has, where that saves a segment.',
    example: 'false',
  })
  @IsBoolean(saying('must be true or false'))
  SMS_SMART_ENCODING: boolean = false;

  @Env({
    about: 'Folder with templates of yours, as name/locale.hbs, which come before those of the program.',
    example: './my-templates',
  })
  @IsOptional()
  @IsString()
  SMS_TEMPLATES_DIR?: string;

  @Env({ about: `${LOG_LEVELS.join(', ')}.`, example: 'info' })
  @IsIn(LOG_LEVELS, saying(`must be one of ${LOG_LEVELS.join(', ')}`))
  SMS_LOG_LEVEL: string = 'info';
}
