import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsString, Length, Matches } from 'class-validator';

import { MayBeAbsent } from '../http/index.js';
import { CHANNELS, type Channel } from '../sms/index.js';
import { ROUTING_MODES } from './routing.options.js';

const COUNTRY = { message: 'country must be two letters, such as US' };
const NETWORK = { message: 'network must be MCC-MNC or how it begins, such as 310-260 or 310' };
const CHANNEL = { message: `channel must be one of ${CHANNELS.join(', ')}` };
const upper = ({ value }: { value: unknown }): unknown => (typeof value === 'string' ? value.toUpperCase() : value);

export class PlaceQuery {
  @ApiPropertyOptional({ example: 'US', description: 'Without it: where most is sent.' })
  @MayBeAbsent()
  @Transform(upper)
  @Matches(/^[A-Z]{2}$/, COUNTRY)
  country?: string;

  @ApiPropertyOptional({ example: '310-260' })
  @MayBeAbsent()
  @Matches(/^\d{3}(-\d{1,3})?$/, NETWORK)
  network?: string;

  @ApiPropertyOptional({ enum: CHANNELS })
  @MayBeAbsent()
  @IsIn(CHANNELS, CHANNEL)
  channel?: Channel;
}

export class WhyQuery {
  @ApiPropertyOptional({ example: '+14155552671', description: 'How a text there would go now.' })
  @MayBeAbsent()
  @IsString({ message: 'phone must be a text such as "+14155552671"' })
  @Length(1, 64, { message: 'phone must have 1 to 64 characters' })
  phone?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'How that text went, and how one there would go now.' })
  @MayBeAbsent()
  @Matches(/^[0-9a-fA-F-]{36}$/, { message: 'messageId must be a UUID' })
  messageId?: string;

  @ApiPropertyOptional({ example: '310-260' })
  @MayBeAbsent()
  @Matches(/^\d{3}(-\d{1,3})?$/, NETWORK)
  network?: string;

  @ApiPropertyOptional({ enum: CHANNELS })
  @MayBeAbsent()
  @IsIn(CHANNELS, CHANNEL)
  channel?: Channel;
}

/** What makes no rule is refused with every reason, as in ROUTES_FILE. */
export class RuleDto {
  @ApiPropertyOptional({ example: 'US', description: 'Absent or *: any.' })
  @MayBeAbsent()
  @IsString(COUNTRY)
  country?: string;

  @ApiPropertyOptional({ example: '310-260', description: 'How MCC and MNC begin; absent: any.' })
  @MayBeAbsent()
  @IsString(NETWORK)
  network?: string;

  @ApiPropertyOptional({ enum: CHANNELS, description: 'Absent: any.' })
  @MayBeAbsent()
  @IsString(CHANNEL)
  channel?: string;

  @ApiPropertyOptional({ example: ['twilio', 'aws-sns'], description: 'These, in this order; nobody else is asked.' })
  @MayBeAbsent()
  @IsString({ each: true, message: 'providers must be a list of names' })
  providers?: string[];

  @ApiPropertyOptional({ example: ['aws-sns'], description: 'Not these.' })
  @MayBeAbsent()
  @IsString({ each: true, message: 'exclude must be a list of names' })
  exclude?: string[];

  @ApiPropertyOptional({ enum: [true], description: 'By what is measured, whatever ROUTING says.' })
  @MayBeAbsent()
  @IsIn([true], { message: 'learn can only be true' })
  learn?: true;
}

export class RuleSetDto extends RuleDto {
  @ApiProperty({ example: 'api:desk', description: 'Who set it; of ROUTES_FILE: file.' }) by!: string;
}

class EstimateDto {
  @ApiProperty({ example: 0.84 }) mean!: number;
  @ApiProperty({ example: 0.81, description: 'With high: the middle 90 %.' }) low!: number;
  @ApiProperty({ example: 0.87 }) high!: number;
}

class RecentDto {
  @ApiProperty() tries!: number;
  @ApiProperty() failed!: number;
}

class ProviderReportDto {
  @ApiProperty({ example: 'twilio' }) provider!: string;
  @ApiProperty({ example: 0.9, description: 'In how many of 1 texts it is asked first, were all well.' })
  share!: number;
  @ApiProperty({ type: EstimateDto, description: 'Of verifications that begin there, approved.' })
  conversion!: EstimateDto;
  @ApiProperty({ example: 412.5, description: 'That rests on so many, older ones counting less.' })
  verifications!: number;
  @ApiProperty({ example: 500.1 }) tries!: number;
  @ApiProperty({ type: Number, nullable: true, description: 'null: it does not report.' }) deliveryRate!: number | null;
  @ApiProperty({ type: Number, nullable: true, description: 'Until it is delivered.' }) latencyMs!: number | null;
  @ApiProperty({ example: 0.0083, description: 'Of a segment, by the price list.' }) priceUsd!: number;
  @ApiProperty({ type: Number, nullable: true, description: 'Of a text, as booked.' }) paidUsd!: number | null;
  @ApiProperty({ type: String, nullable: true, enum: ['in_rotation', 'suspended', 'on_trial', 'held', null] })
  standing!: string | null;
  @ApiProperty({ type: RecentDto, description: 'In the last five minutes, at all instances.' }) recent!: RecentDto;
}

class ShadowDto {
  @ApiProperty({ format: 'date-time' }) since!: Date;
  @ApiProperty() texts!: number;
  @ApiProperty({ description: 'Share of texts in which it would have asked the same provider first.' })
  agreement!: number;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'number' } }) shares!: Readonly<Record<string, number>>;
  @ApiProperty({ type: EstimateDto, description: 'Conversion, of 1 text.' }) conversionGain!: EstimateDto;
  @ApiProperty({ description: 'Saved on a segment, by the price list.' }) priceGainUsd!: number;
  @ApiProperty({ enum: ['measured', 'guessed'] }) basis!: 'measured' | 'guessed';
  @ApiProperty() caution!: string;
}

export class PlaceReportDto {
  @ApiProperty({ example: 'US', description: 'Empty: of none.' }) country!: string;
  @ApiProperty({ type: String, nullable: true }) network!: string | null;
  @ApiProperty({ enum: CHANNELS }) channel!: string;
  @ApiProperty({ enum: ['preference', 'rule', 'learned'] }) by!: 'preference' | 'rule' | 'learned';
  @ApiProperty({ type: RuleSetDto, nullable: true }) rule!: object | null;
  @ApiProperty({ type: [ProviderReportDto] }) providers!: readonly ProviderReportDto[];
  @ApiProperty({ description: 'The same in a sentence.' }) why!: string;
  @ApiProperty({ type: ShadowDto, nullable: true }) shadow!: ShadowDto | null;
}

class TryDto {
  @ApiProperty() provider!: string;
  @ApiProperty({ enum: ['rule', 'learned', 'floor', 'preference', 'failover'] }) route!: string;
  @ApiProperty() outcome!: string;
  @ApiPropertyOptional() fault?: string;
  @ApiProperty({ format: 'date-time' }) startedAt!: Date;
}

class MessageReportDto {
  @ApiProperty({ type: [TryDto] }) tries!: readonly TryDto[];
  @ApiProperty() why!: string;
}

export class WhyDto extends PlaceReportDto {
  @ApiPropertyOptional({ type: MessageReportDto }) message?: MessageReportDto;
}

export class RoutingReportDto {
  @ApiProperty({ enum: ROUTING_MODES }) mode!: string;
  @ApiProperty({ example: 0.1 }) costWeight!: number;
  @ApiProperty({ example: 0.05 }) floor!: number;
  @ApiProperty({ type: [RuleSetDto], description: 'The narrowest first; of those that match, the first decides.' })
  rules!: readonly object[];
  @ApiProperty({ type: [PlaceReportDto] }) destinations!: readonly PlaceReportDto[];
}
