import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsString, Length, Max, Min } from 'class-validator';

import { MayBeAbsent } from '../http/index.js';

class RestDto {
  @ApiProperty() since!: Date;
  @ApiProperty() until!: Date;
  @ApiProperty({ example: 'code 30007', description: 'code and what the network said; unusable; or operator.' })
  reason!: string;
}

export class SenderDto {
  @ApiProperty({ example: 'twilio' }) provider!: string;
  @ApiProperty({ example: '+17205550123' }) sender!: string;
  @ApiProperty({ enum: ['number', 'short-code', 'name'] }) kind!: string;
  @ApiProperty({ type: String, nullable: true, example: 'US' }) country!: string | null;
  @ApiProperty({ type: String, nullable: true, example: '720' }) areaCode!: string | null;
  @ApiProperty({ type: String, nullable: true, enum: ['forbidden', 'registration'] }) rule!: string | null;
  @ApiProperty({ type: RestDto, nullable: true }) resting!: RestDto | null;
  @ApiProperty({ description: 'Texts of the last 24 hours.' }) sent!: number;
  @ApiProperty({ type: Number, nullable: true, example: 0.98, description: 'Of those whose end is known.' })
  deliveredShare!: number | null;
}

export class SendersDto {
  @ApiProperty({ type: [SenderDto] }) senders!: SenderDto[];
}

export class WhichSenderDto {
  @ApiPropertyOptional({ example: 'twilio', description: 'Without it, at every provider that has it.' })
  @MayBeAbsent()
  @IsString({ message: 'provider must be a text such as "twilio"' })
  @Length(1, 40, { message: 'provider must have 1 to 40 characters' })
  provider?: string;
}

const HOURS = { message: 'hours must be a whole number from 1 to 720' };

export class RestSenderDto extends WhichSenderDto {
  @ApiPropertyOptional({ example: 24, minimum: 1, maximum: 720, default: 24 })
  @MayBeAbsent()
  @IsInt(HOURS)
  @Min(1, HOURS)
  @Max(720, HOURS)
  hours?: number;
}

export class ChangedSendersDto {
  @ApiProperty({ example: 1, description: 'At how many providers.' }) changed!: number;
}
