import { IsIn, IsOptional, Matches, ValidateBy } from 'class-validator';

import { Env } from '../../../kernel/index.js';
import { IsRetryCount, IsRetryDelayMs, IsTimeoutSecs } from '../../provider/patience.js';
import { IsSecureUrl } from '../../provider/secure-url.js';

export function parseHeaders(text: string): Record<string, string> | undefined {
  try {
    const headers: unknown = JSON.parse(text);
    if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return undefined;
    const readable = Object.entries(headers).every(
      ([name, value]) => /^[\w-]+$/.test(name) && typeof value === 'string' && !/[\r\n\0]/.test(value),
    );
    return readable ? (headers as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}

function isPattern(text: unknown): boolean {
  try {
    return typeof text === 'string' && new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

const IsPattern = () =>
  ValidateBy({
    name: 'isPattern',
    validator: {
      validate: isPattern,
      defaultMessage: () => '$property must be a JavaScript regular expression without slashes.',
    },
  });

const IsHeaders = () =>
  ValidateBy({
    name: 'isHeaders',
    validator: {
      validate: (text: unknown) => typeof text === 'string' && parseHeaders(text) !== undefined,
      defaultMessage: () => '$property must be a JSON object of header names and texts, such as {"X-Api-Key":"KEY"}.',
    },
  });

export class HttpEnvironment {
  @Env({
    about:
      'A gateway of your own; {to} {toDigits} {text} {from} {validForSecs} {ref} {reportUrl} are filled in and percent-encoded.',
    example: 'https://sms.example.com/send',
  })
  @IsOptional()
  @IsSecureUrl()
  SMS_HTTP_URL?: string;

  @Env({ about: 'How the gateway is called.', example: 'POST' })
  @IsIn(['GET', 'POST', 'PUT'], { message: '$property must be GET, POST or PUT.' })
  SMS_HTTP_METHOD: string = 'POST';

  @Env({
    about: "Headers, as a JSON object; the content type decides how the body's values are encoded.",
    example: '{"Content-Type":"application/json","X-Api-Key":"KEY"}',
  })
  @IsHeaders()
  SMS_HTTP_HEADERS: string = '{"Content-Type":"application/json"}';

  @Env({
    about: 'Body, with the same names in braces; not sent with GET.',
    example: '{"to":"{to}","text":"{text}","ref":"{ref}"}',
  })
  SMS_HTTP_BODY: string = '{"to":"{to}","text":"{text}","ref":"{ref}"}';

  @Env({ about: 'What the body of a 2xx has to match to count as taken; unset: any 2xx.', example: '"status":"ok"' })
  @IsOptional()
  @IsPattern()
  SMS_HTTP_SUCCESS_PATTERN?: string;

  @Env({ about: 'What the body of a 2xx says when the text was surely not sent.', example: '"status":"rejected"' })
  @IsOptional()
  @IsPattern()
  SMS_HTTP_REFUSAL_PATTERN?: string;

  @Env({
    about: "Finds the gateway's message id: its first group. Unset: our own {ref} is the id.",
    example: '"id":"([^"]+)"',
  })
  @IsOptional()
  @IsPattern()
  SMS_HTTP_ID_PATTERN?: string;

  @Env({ about: 'What {from} stands for.', example: 'Sixdigit' })
  @Matches(/^[^\r\n\0]{0,32}$/, { message: '$property must be one line of at most 32 characters.' })
  SMS_HTTP_SENDER: string = '';

  @Env({
    about: 'Asked (GET, same headers) while the gateway is out of the rotation; must cost nothing and answer 2xx.',
    example: 'https://sms.example.com/status',
  })
  @IsOptional()
  @IsSecureUrl()
  SMS_HTTP_PING_URL?: string;

  @Env({ about: 'How long one answer may take while the gateway is the last provider left.', example: '30' })
  @IsTimeoutSecs()
  SMS_HTTP_REQUEST_TIMEOUT_SECS: number = 30;

  @Env({ about: 'Retries of a message that was surely not sent.', example: '3' })
  @IsRetryCount()
  SMS_HTTP_MAX_RETRIES: number = 3;

  @Env({ about: 'Before the first retry; doubles.', example: '1000' })
  @IsRetryDelayMs()
  SMS_HTTP_RETRY_DELAY_MS: number = 1_000;
}
