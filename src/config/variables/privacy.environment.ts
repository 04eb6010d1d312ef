import { Env } from '../../kernel/index.js';
import { IsWithin } from './rules.js';

export class PrivacyEnvironment {
  @Env({ about: 'Days that verifications, texts and their tries are kept, with the number sealed.', example: '30' })
  @IsWithin(1, 3_650)
  RETENTION_DAYS: number = 30;
}
