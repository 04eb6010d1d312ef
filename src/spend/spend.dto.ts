import { ApiProperty } from '@nestjs/swagger';

import { CHANNELS } from '../sms/index.js';

export class ProviderSpendDto {
  @ApiProperty({ example: 'twilio' }) provider!: string;
  @ApiProperty({ example: 'US', description: 'ISO 3166-1 alpha-2, or unknown.' }) country!: string;
  @ApiProperty({ description: 'Texts that are or may be out.' }) texts!: number;
  @ApiProperty({ example: 0.013 }) usd!: number;
}

export class ChannelSpendDto {
  @ApiProperty({ enum: CHANNELS }) channel!: string;
  @ApiProperty({ description: 'Texts, WhatsApp messages or calls that are or may be out.' }) texts!: number;
  @ApiProperty({ example: 0.013 }) usd!: number;
}

export class HourSpendDto {
  @ApiProperty({ format: 'date-time' }) hour!: string;
  @ApiProperty() texts!: number;
  @ApiProperty({ example: 0.013 }) usd!: number;
}

/** What today's texts cost so far, in dollars; the day is UTC's, by the database's clock. */
export class SpendDto {
  @ApiProperty({ format: 'date' }) day!: string;
  @ApiProperty({ description: 'SMS_DAILY_COST_LIMIT.' }) capUsd!: number;
  @ApiProperty({ description: 'What of the cap only numbers may use that were approved in the last 90 days.' })
  keptForKnownUsd!: number;
  @ApiProperty({ description: 'Booked and reserved; it never exceeds the cap.' }) heldUsd!: number;
  @ApiProperty({ description: 'Of texts that are or may be out.' }) bookedUsd!: number;
  @ApiProperty({ description: 'For texts that are still to come.' }) reservedUsd!: number;
  @ApiProperty({ type: [ProviderSpendDto] }) byProvider!: ProviderSpendDto[];
  @ApiProperty({ type: [ChannelSpendDto] }) byChannel!: ChannelSpendDto[];
  @ApiProperty({ type: [HourSpendDto] }) byHour!: HourSpendDto[];
}
