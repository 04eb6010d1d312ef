import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsISO8601, IsString, Length, ValidateBy } from 'class-validator';

import { MayBeAbsent } from '../http/index.js';
import { DELIVERY_STATUSES, type WebhookDeliveryStatus } from './delivery/webhook-deliveries.js';
import { EVENT_TYPES, type EventType } from './event-types.js';

const EVENTS_RULE = 'events must be a list of types that docs/webhooks.md has; an empty one means all';
const URL_RULE = 'url must be a URL of at most 2000 characters';

export class CreateEndpointDto {
  @ApiProperty({ example: 'https://example.com/sixdigit', description: 'https://, with public addresses only.' })
  @IsString({ message: URL_RULE })
  @Length(1, 2_000, { message: URL_RULE })
  url!: string;

  @ApiPropertyOptional({
    enum: EVENT_TYPES,
    isArray: true,
    description: 'What it wants to be told; empty or absent: all.',
  })
  @MayBeAbsent()
  @IsArray({ message: EVENTS_RULE })
  @ArrayMaxSize(EVENT_TYPES.length, { message: EVENTS_RULE })
  @IsIn(EVENT_TYPES, { each: true, message: EVENTS_RULE })
  events?: EventType[];

  @ApiPropertyOptional({ example: 'billing' })
  @MayBeAbsent()
  @IsString({ message: 'description must be a text' })
  @Length(0, 200, { message: 'description must have at most 200 characters' })
  description?: string;
}

export class ChangeEndpointDto {
  @ApiPropertyOptional({ example: 'https://example.com/sixdigit' })
  @MayBeAbsent()
  @IsString({ message: URL_RULE })
  @Length(1, 2_000, { message: URL_RULE })
  url?: string;

  @ApiPropertyOptional({ enum: EVENT_TYPES, isArray: true })
  @MayBeAbsent()
  @IsArray({ message: EVENTS_RULE })
  @ArrayMaxSize(EVENT_TYPES.length, { message: EVENTS_RULE })
  @IsIn(EVENT_TYPES, { each: true, message: EVENTS_RULE })
  events?: EventType[];

  @ApiPropertyOptional({ example: 'billing' })
  @MayBeAbsent()
  @IsString({ message: 'description must be a text' })
  @Length(0, 200, { message: 'description must have at most 200 characters' })
  description?: string;

  @ApiPropertyOptional({ description: 'false also enables one that was disabled for failing; what waited goes out.' })
  @MayBeAbsent()
  @IsBoolean({ message: 'disabled must be true or false' })
  disabled?: boolean;
}

const SINCE = { message: 'since must be a time such as "2026-11-21T14:00:00Z"' };

export class ReplaySinceDto {
  @ApiProperty({ format: 'date-time', description: 'Of events since then, those that failed or wait are told again.' })
  @IsISO8601({ strict: true }, SINCE)
  @Length(10, 40, SINCE)
  // ISO 8601 knows weeks and bare hours, too, which nothing here could read.
  @ValidateBy({ name: 'isReadable', validator: { validate: (text) => !Number.isNaN(Date.parse(String(text))) } }, SINCE)
  since!: string;
}

export class DeliveriesQueryDto {
  @ApiPropertyOptional({ enum: DELIVERY_STATUSES })
  @MayBeAbsent()
  @IsIn(DELIVERY_STATUSES, { message: `status must be one of ${DELIVERY_STATUSES.join(', ')}` })
  status?: WebhookDeliveryStatus;
}

export class EndpointDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ example: 'https://example.com/sixdigit' }) url!: string;
  @ApiProperty({ type: [String], description: 'Empty: all.' }) events!: readonly string[];
  @ApiPropertyOptional({ example: 'billing' }) description?: string;
  @ApiProperty({ format: 'date-time' }) createdAt!: Date;
  @ApiPropertyOptional({ format: 'date-time', description: 'Since then every try has failed.' }) failingSince?: Date;
  @ApiPropertyOptional({ format: 'date-time' }) disabledAt?: Date;
  @ApiPropertyOptional({
    enum: ['operator', 'gone', 'failing'],
    description: 'gone: it answered 410. failing: it did nothing else for 5 days.',
  })
  disabledReason?: string;
}

export class NewEndpointDto extends EndpointDto {
  @ApiProperty({ example: 'whsec_...', description: 'What its deliveries are signed with. Shown this once.' })
  secret!: string;
}

export class NewSecretDto {
  @ApiProperty({ example: 'whsec_...', description: 'Shown this once.' }) secret!: string;
  @ApiProperty({ format: 'date-time', description: 'Until then the one before signs, too.' }) formerUntil!: Date;
}

export class DeliveryDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ example: 'evt_0b6f...', description: 'What webhook-id says, in every try.' }) eventId!: string;
  @ApiProperty({ example: 'message.delivered' }) type!: string;
  @ApiProperty({ enum: DELIVERY_STATUSES }) status!: string;
  @ApiProperty() tries!: number;
  @ApiProperty({ format: 'date-time' }) createdAt!: Date;
  @ApiPropertyOptional({ format: 'date-time' }) nextTryAt?: Date;
  @ApiPropertyOptional({ format: 'date-time' }) deliveredAt?: Date;
  @ApiPropertyOptional({ example: 500, description: 'What the last try was answered.' }) lastStatus?: number;
  @ApiPropertyOptional({ example: 'timeout', description: 'Why the last try failed.' }) lastError?: string;
}

export class ReplayedDto {
  @ApiProperty({ description: 'At most 1000; ask again for more.' }) replayed!: number;
}
