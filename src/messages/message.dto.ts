import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsLocale, IsString, Length, Matches, ValidateBy } from 'class-validator';

import { MayBeAbsent } from '../http/index.js';
import { CHANNELS, DELIVERY_STATUSES, type Channel } from '../sms/index.js';

const TO_RULE = 'to must be a phone such as "+14155552671"';
const LOCALE_RULE = 'locale must be a BCP 47 tag such as "pt-BR"';
const TEMPLATE_RULE = 'template must be the name of a template, such as "alert"';
const VARIABLES_RULE = 'variables must be an object of at most 50 texts and numbers, none longer than 1600 characters';
/** More than any text may have, so that one that is too long is refused as what it is. */
const LONGEST_BODY = 16_384;

function areVariables(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= 50 &&
    entries.every(
      ([name, each]) =>
        /^[A-Za-z_]\w{0,39}$/.test(name) &&
        !(name in Object.prototype) &&
        (Number.isFinite(each) || (typeof each === 'string' && each.length <= 1_600)),
    )
  );
}

/** To whom, and what: of a single text, and of a row of a batch. */
export class TextDto {
  @ApiProperty({ example: '+14155552671', description: 'E.164, or a national number of PHONE_DEFAULT_REGION.' })
  @IsString({ message: TO_RULE })
  @Length(1, 64, { message: TO_RULE })
  to!: string;

  @ApiPropertyOptional({ example: 'Your table is ready.', description: '1 to 1600 characters; or a template instead.' })
  @MayBeAbsent()
  @IsString({ message: 'body must be a text' })
  @Length(0, LONGEST_BODY, { message: `body must have at most ${LONGEST_BODY} characters` })
  body?: string;

  @ApiPropertyOptional({ example: 'alert' })
  @MayBeAbsent()
  @IsString({ message: TEMPLATE_RULE })
  @Matches(/^[a-z][\w.-]{0,63}$/, { message: TEMPLATE_RULE })
  template?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { oneOf: [{ type: 'string' }, { type: 'number' }] },
    description: 'What the template is filled in with.',
  })
  @MayBeAbsent()
  @ValidateBy({ name: 'areVariables', validator: { validate: areVariables } }, { message: VARIABLES_RULE })
  variables?: Record<string, string | number>;

  @ApiPropertyOptional({ example: 'pt-BR', description: 'BCP 47 language of the text.' })
  @MayBeAbsent()
  @IsString({ message: LOCALE_RULE })
  @Length(2, 35, { message: LOCALE_RULE })
  @IsLocale({ message: LOCALE_RULE })
  locale?: string;

  @ApiPropertyOptional({ enum: CHANNELS, default: 'sms' })
  @MayBeAbsent()
  @IsIn(CHANNELS, { message: `channel must be one of ${CHANNELS.join(', ')}` })
  channel: Channel = 'sms';
}

export class SendMessageDto extends TextDto {}

export class SentMessageDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ enum: DELIVERY_STATUSES }) status!: string;
  @ApiProperty({ example: '+******2671' }) phone!: string;
  @ApiProperty({ example: 1, description: 'Parts that it is billed as.' }) segments!: number;
  @ApiPropertyOptional({
    example: 0.0083,
    description: 'Dollars, by the price list; absent where nothing costs anything.',
  })
  cost?: number;
  @ApiProperty({ format: 'date-time' }) createdAt!: Date;
}

export class AttemptDto {
  @ApiProperty({ example: 'twilio' }) provider!: string;
  @ApiProperty({ enum: CHANNELS }) channel!: string;
  @ApiProperty({
    enum: ['pending', 'accepted', 'not_sent', 'permanent', 'unknown'],
    description: 'What the provider answered; a report may correct "unknown" later.',
  })
  outcome!: string;
  @ApiPropertyOptional({ example: 'throttled', description: 'Why it did not take the text.' }) fault?: string;
  @ApiPropertyOptional({ description: 'Begun because the report about an earlier one was bad or missing.' })
  followUp?: true;
  @ApiPropertyOptional({
    example: 'learned',
    description: 'Why this provider: rule, learned, floor (to stay measured) or failover; absent: by preference.',
  })
  route?: string;
  @ApiPropertyOptional({
    enum: ['accepted', 'sent', 'delivered', 'undelivered', 'failed'],
    description: 'What its network said became of it.',
  })
  report?: string;
  @ApiPropertyOptional({ example: '30003', description: "The network's own code for a failure." }) reportCode?: string;
  @ApiPropertyOptional({
    description: 'The phone is not to be reached by this channel: no WhatsApp there, or a landline.',
  })
  notOnChannel?: true;
  @ApiProperty({ format: 'date-time' }) startedAt!: Date;
  @ApiPropertyOptional({ format: 'date-time' }) endedAt?: Date;
  @ApiPropertyOptional({ format: 'date-time', description: 'When the first report came.' }) reportedAt?: Date;
}

export class MessageLegDto {
  @ApiProperty({ enum: CHANNELS }) channel!: string;
  @ApiPropertyOptional({ example: 20, description: 'Seconds without a delivery, after which the next is tried.' })
  fallbackAfter?: number;
}

export class MessageDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ enum: DELIVERY_STATUSES }) status!: string;
  @ApiProperty({ example: '+******2671' }) phone!: string;
  @ApiProperty({ enum: CHANNELS, description: 'By which it goes now.' }) channel!: string;
  @ApiPropertyOptional({ type: [MessageLegDto], description: 'By which it goes in order, where there are several.' })
  channels?: unknown;
  @ApiProperty({ format: 'date-time' }) createdAt!: Date;
  @ApiPropertyOptional({
    example: 'expired',
    description: 'Of a text that failed: the last fault, or "expired" when no provider could be asked in time.',
  })
  reason?: string;
  @ApiProperty({ type: [AttemptDto] }) attempts!: AttemptDto[];
}
