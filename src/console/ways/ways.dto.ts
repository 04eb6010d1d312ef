import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsIn, IsInt, IsString, IsUUID, Length, Matches, Max, Min } from 'class-validator';

import { MayBeAbsent } from '../../http/index.js';
import { CHANNELS, DELIVERY_STATUSES, type DeliveryStatus } from '../../sms/index.js';

export const VERIFICATION_STATUSES = ['pending', 'approved', 'expired', 'canceled', 'failed'] as const;
export type VerificationStatus = (typeof VERIFICATION_STATUSES)[number];

const PAGE = 50;
const upper = ({ value }: { value: unknown }): unknown => (typeof value === 'string' ? value.toUpperCase() : value);

class PageQuery {
  @ApiPropertyOptional({
    example: '+14155552671',
    description:
      'That somebody was looked up is written down in the audit. A URL may be logged on its way: mind your proxies.',
  })
  @MayBeAbsent()
  @IsString({ message: 'phone must be a text such as "+14155552671"' })
  @Length(1, 64, { message: 'phone must have 1 to 64 characters' })
  phone?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'Only what is older: `next` of the page before.' })
  @MayBeAbsent()
  @IsUUID('all', { message: 'before must be what the page before called next' })
  before?: string;

  @ApiPropertyOptional({ minimum: 1, maximum: 100, default: PAGE })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt({ message: 'limit must be 1 to 100' })
  @Min(1, { message: 'limit must be 1 to 100' })
  @Max(100, { message: 'limit must be 1 to 100' })
  limit: number = PAGE;
}

export class VerificationsQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid' })
  @MayBeAbsent()
  @IsUUID('all', { message: 'id must be a UUID' })
  id?: string;

  @ApiPropertyOptional({ enum: VERIFICATION_STATUSES })
  @MayBeAbsent()
  @IsIn(VERIFICATION_STATUSES, { message: `status must be one of ${VERIFICATION_STATUSES.join(', ')}` })
  status?: VerificationStatus;
}

export class MessagesQuery extends PageQuery {
  @ApiPropertyOptional({ enum: DELIVERY_STATUSES })
  @MayBeAbsent()
  @IsIn(DELIVERY_STATUSES, { message: `status must be one of ${DELIVERY_STATUSES.join(', ')}` })
  status?: DeliveryStatus;

  @ApiPropertyOptional({ example: 'twilio', description: 'Who was asked last.' })
  @MayBeAbsent()
  @Matches(/^[\w.-]{1,40}$/, { message: 'provider must be a name such as "twilio"' })
  provider?: string;

  @ApiPropertyOptional({ example: 'US', description: 'Of the phone.' })
  @MayBeAbsent()
  @Transform(upper)
  @Matches(/^[A-Z]{2}$/, { message: 'country must be two letters, such as US' })
  country?: string;
}

export class VerificationRowDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ enum: VERIFICATION_STATUSES }) status!: string;
  @ApiProperty({ example: '+******2671' }) phone!: string;
  @ApiProperty({ type: String, nullable: true, example: 'US' }) country!: string | null;
  @ApiProperty({ example: 'verification' }) purpose!: string;
  @ApiProperty({ enum: CHANNELS, description: 'By which it was begun.' }) channel!: string;
  @ApiProperty({ type: String, nullable: true, example: 'pt-BR', description: 'That was asked for.' }) locale!:
    | string
    | null;
  @ApiProperty({ description: 'Texts so far.' }) sends!: number;
  @ApiProperty({ description: 'Guesses that were counted.' }) checks!: number;
  @ApiProperty({ example: 5 }) maxChecks!: number;
  @ApiProperty({ type: String, nullable: true, enum: [...DELIVERY_STATUSES, null], description: 'Of the newest text.' })
  delivery!: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: Date;
  @ApiProperty({ format: 'date-time' }) expiresAt!: Date;
  @ApiProperty({ type: Date, nullable: true, description: 'When it was approved, canceled or failed.' })
  endedAt!: Date | null;
}

export class VerificationsDto {
  @ApiProperty({ type: [VerificationRowDto], description: 'Newest first.' }) verifications!: VerificationRowDto[];
  @ApiProperty({ type: String, nullable: true, description: 'The `before` of the next page; null: that was all.' })
  next!: string | null;
}

export const STEP_KINDS = [
  'limits',
  'decision',
  'message',
  'fallback',
  'attempt',
  'attempt_ended',
  'report',
  'delivered',
  'checks',
  'approved',
  'canceled',
  'failed',
  'expired',
] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** One thing that happened. Which of the other members it has depends on its kind: docs/console.md. */
export class StepDto {
  @ApiProperty({ format: 'date-time' }) at!: Date;
  @ApiProperty({ enum: STEP_KINDS }) kind!: StepKind;
  @ApiPropertyOptional({ format: 'uuid' }) messageId?: string;
  @ApiPropertyOptional({ format: 'uuid' }) attemptId?: string;
  @ApiPropertyOptional({ enum: CHANNELS }) channel?: string;
  @ApiPropertyOptional({ example: 'pt-BR' }) locale?: string;
  @ApiPropertyOptional({ example: 'verification' }) template?: string;
  @ApiPropertyOptional({ example: 3 }) templateVersion?: number;
  @ApiPropertyOptional({ example: 'short' }) variant?: string;
  @ApiPropertyOptional({ description: 'The text is another one of the same verification.' }) resend?: boolean;
  @ApiPropertyOptional({ enum: DELIVERY_STATUSES, description: 'Of a message: where it is now.' }) status?: string;
  @ApiPropertyOptional({ example: 'twilio' }) provider?: string;
  @ApiPropertyOptional({ example: '+17205550123', description: 'Our number or name.' }) sender?: string;
  @ApiPropertyOptional({ example: 'failover', description: 'Why this provider; absent: by preference.' })
  route?: string;
  @ApiPropertyOptional({ description: 'Begun because the report about an earlier one was bad or missing.' })
  followUp?: true;
  @ApiPropertyOptional({ enum: ['pending', 'accepted', 'not_sent', 'permanent', 'unknown'] }) outcome?: string;
  @ApiPropertyOptional({ example: 'throttled' }) fault?: string;
  @ApiPropertyOptional({ example: 84 }) latencyMs?: number;
  @ApiPropertyOptional({ example: 0.0079, description: 'Dollars; what is booked.' }) cost?: number;
  @ApiPropertyOptional({ enum: ['accepted', 'sent', 'delivered', 'undelivered', 'failed'] }) report?: string;
  @ApiPropertyOptional({ example: '30003' }) reportCode?: string;
  @ApiPropertyOptional({ description: 'The phone is not to be reached by this channel.' }) notOnChannel?: true;
  @ApiPropertyOptional({ example: 'record', description: 'FRAUD_MODE at that time.' }) mode?: string;
  @ApiPropertyOptional({ enum: ['allow', 'challenge', 'deny'] }) verdict?: string;
  @ApiPropertyOptional({ example: 'budget', description: 'budget or conversion, of the prefix that said so.' })
  reason?: string;
  @ApiPropertyOptional({ enum: ['cc', 'rng', 'b4', 'b3', 'b2'] }) level?: string;
  @ApiPropertyOptional({ enum: ['solved', 'demanded', 'failed'] }) challenge?: string;
  @ApiPropertyOptional({ description: 'Somebody proved to hold this number not long ago.' }) known?: true;
  @ApiPropertyOptional({ example: 'MOBILE' }) lineType?: string;
  @ApiPropertyOptional({ example: 'US' }) country?: string;
  @ApiPropertyOptional({ description: 'Guesses that were counted.' }) checks?: number;
  @ApiPropertyOptional({ example: 5 }) maxChecks?: number;
  @ApiPropertyOptional({ example: 0.0079, description: 'Dollars that were reserved before anything left.' })
  reserved?: number;
  @ApiPropertyOptional({ description: 'At or before that time: only the newest is kept.' }) approximate?: true;
}

export class VerificationWayDto extends VerificationRowDto {
  @ApiProperty({ type: [StepDto], description: 'In order.' }) timeline!: StepDto[];
}

export class MessageRowDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ type: String, nullable: true, format: 'uuid', description: 'Whose code it carries.' })
  verificationId!: string | null;
  @ApiProperty({ enum: DELIVERY_STATUSES }) status!: string;
  @ApiProperty({ example: '+******2671' }) phone!: string;
  @ApiProperty({ type: String, nullable: true, example: 'US' }) country!: string | null;
  @ApiProperty({ enum: CHANNELS }) channel!: string;
  @ApiProperty({ type: String, nullable: true, example: 'en' }) locale!: string | null;
  @ApiProperty({ example: 'verification', description: 'The template; empty: a text of its own.' }) template!: string;
  @ApiProperty({ type: String, nullable: true }) variant!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'Of the newest try.' }) provider!: string | null;
  @ApiProperty() attempts!: number;
  @ApiProperty({ example: 0.0079, description: 'Dollars, booked so far.' }) cost!: number;
  @ApiProperty({ format: 'date-time' }) createdAt!: Date;
}

export class MessagesDto {
  @ApiProperty({
    type: [MessageRowDto],
    description: 'Newest first; a text of a verification stands where that was begun.',
  })
  messages!: MessageRowDto[];
  @ApiProperty({ type: String, nullable: true, description: 'The `before` of the next page; null: that was all.' })
  next!: string | null;
}

export class MessageWayDto extends MessageRowDto {
  @ApiProperty({ type: [StepDto], description: 'In order.' }) timeline!: StepDto[];
}
