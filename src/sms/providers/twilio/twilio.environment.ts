import { IsArray, IsOptional, Matches } from 'class-validator';

import { Env } from '../../../kernel/index.js';
import { IsRetryCount, IsRetryDelayMs, IsTimeoutSecs } from '../../provider/patience.js';
import { IsSecureUrl } from '../../provider/secure-url.js';
import { AreSenderIds } from '../../provider/sender-ids.js';

const PHONE_OR_SHORT_CODE = /^(\+[1-9]\d{6,14}|\d{3,8})$/;
const PHONE = /^\+[1-9]\d{6,14}$/;
const TEMPLATE = /^([a-z]{2,3}([_-][A-Za-z0-9]{2,4})?:)?HX[0-9a-fA-F]{32}$/;
const ANY_SENDER = /^(\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 +\-_&]{1,11})$/;

export class TwilioEnvironment {
  @Env({ aliases: ['SMS_API_KEY'], about: 'Twilio account.', example: `AC${'0'.repeat(32)}` })
  @IsOptional()
  @Matches(/^AC[0-9a-fA-F]{32}$/, {
    message: '$property must be "AC" and 32 hex digits: copy the Account SID from the Twilio console.',
  })
  TWILIO_ACCOUNT_SID?: string;

  @Env({ aliases: ['SMS_API_SECRET'], about: "The account's auth token.", example: '0123456789abcdef0123456789abcdef' })
  @IsOptional()
  @Matches(/^\S+$/, {
    message: '$property must be one word without spaces: copy the Auth Token from the Twilio console.',
  })
  TWILIO_AUTH_TOKEN?: string;

  @Env({ aliases: ['TWILIO_PHONE_NUMBER', 'SMS_SENDER_ID'], about: 'The one sender.', example: '+15005550006' })
  @IsOptional()
  @Matches(ANY_SENDER, {
    message:
      '$property must be a number such as +15005550006, a short code, or a sender id of at most 11 letters and digits.',
  })
  TWILIO_FROM_NUMBER?: string;

  @Env({ about: 'A pool of senders; one phone always gets the same.', example: '+15005550006,+15005550016' })
  @IsOptional()
  @IsArray({ message: '$property must be numbers separated by commas.' })
  @Matches(PHONE_OR_SHORT_CODE, {
    each: true,
    message: 'Each item of $property must be a number such as +15005550006, or a short code.',
  })
  TWILIO_FROM_NUMBERS?: string[];

  @Env({ about: 'A Messaging Service that picks the sender; wins over numbers.', example: `MG${'0'.repeat(32)}` })
  @IsOptional()
  @Matches(/^MG[0-9a-fA-F]{32}$/, {
    message: '$property must be "MG" and 32 hex digits: copy it from Messaging > Services in the Twilio console.',
  })
  TWILIO_MESSAGING_SERVICE_SID?: string;

  @Env({ about: 'Our WhatsApp number; without it the Messaging Service picks one.', example: '+14155238886' })
  @IsOptional()
  @Matches(PHONE, { message: '$property must be a number such as +14155238886, without "whatsapp:".' })
  TWILIO_WHATSAPP_FROM?: string;

  @Env({
    about: 'WhatsApp templates for codes, by language; the first is for all others.',
    example: `en:HX${'0'.repeat(32)},pt_BR:HX${'1'.repeat(32)}`,
  })
  @IsOptional()
  @IsArray({ message: '$property must be templates separated by commas.' })
  @Matches(TEMPLATE, {
    each: true,
    message:
      'Each item of $property must be "HX" and 32 hex digits, with its language before it if there are several: en:HX..., pt_BR:HX.... Copy it from Content Template Builder in the Twilio console.',
  })
  TWILIO_WHATSAPP_CONTENT_SID?: string[];

  @Env({ about: 'A number that Twilio may call from; unset: codes are not read out.', example: '+15005550006' })
  @IsOptional()
  @Matches(PHONE, { message: '$property must be a number such as +15005550006.' })
  TWILIO_VOICE_FROM?: string;

  @Env({
    about: 'Sender ids by country, which win over numbers there; see docs/senders.md.',
    example: 'GB:Acme,DE:Acme',
  })
  @IsOptional()
  @AreSenderIds()
  TWILIO_SENDER_IDS?: string[];

  @Env({ about: "Numbers of the pool with it are preferred for +1; then those with the recipient's.", example: '720' })
  @Matches(/^[2-9]\d{2}$/, { message: '$property must be a North American area code such as 720.' })
  TWILIO_AREA_CODE: string = '720';

  @Env({ about: 'Retries of a message that was surely not sent.', example: '3' })
  @IsRetryCount()
  TWILIO_MAX_RETRIES: number = 3;

  @Env({ about: 'Before the first retry; doubles.', example: '1000' })
  @IsRetryDelayMs()
  TWILIO_RETRY_DELAY_MS: number = 1_000;

  @Env({ about: 'How long one answer may take while Twilio is the last provider left.', example: '30' })
  @IsTimeoutSecs()
  TWILIO_REQUEST_TIMEOUT_SECS: number = 30;

  @Env({ about: 'Another address for the API.', example: 'https://api.twilio.com' })
  @IsSecureUrl()
  TWILIO_BASE_URL: string = 'https://api.twilio.com';
}
