import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsString, Length, Matches } from 'class-validator';

import { MayBeAbsent } from '../../http/index.js';
import { CHANNELS } from '../../sms/index.js';

/** As the rotation says, and held: taken out by hand. */
export const STATES = ['in_rotation', 'suspended', 'on_trial', 'held'] as const;

const REASON_RULE = 'reason must be 1 to 200 characters on one line';

export class TakeOutDto {
  @ApiProperty({ example: 'they announced maintenance', description: 'Shown to every operator. Numbers are masked.' })
  @IsString({ message: REASON_RULE })
  @Length(1, 200, { message: REASON_RULE })
  @Matches(/^[^\p{Cc}]*\S[^\p{Cc}]*$/u, { message: REASON_RULE })
  reason!: string;

  @ApiPropertyOptional({ default: false, description: 'Although no other provider is left: then nothing is sent.' })
  @MayBeAbsent()
  @IsBoolean({ message: 'force must be true or false' })
  force?: boolean;
}

export class RecentCallsDto {
  @ApiProperty({ description: 'Tries of the last 5 minutes that have ended, of all instances.' }) calls!: number;
  @ApiProperty({ description: 'Of those, for which the provider is to blame.' }) failed!: number;
  @ApiProperty({ description: 'Of those, accepted after more than 2 s.' }) slow!: number;
  @ApiProperty({ type: Number, nullable: true, example: 84 }) p50Ms!: number | null;
  @ApiProperty({ type: Number, nullable: true, example: 310 }) p95Ms!: number | null;
}

export class TrialDto {
  @ApiProperty({ example: 3 }) allowed!: number;
  @ApiProperty() sent!: number;
  @ApiProperty() succeeded!: number;
}

export class ProviderErrorDto {
  @ApiProperty({ format: 'date-time' }) at!: Date;
  @ApiProperty({ example: 'throttled', description: 'The fault, as GET /v1/messages/:id has it.' }) code!: string;
  @ApiProperty({ example: 'It said that there were too many requests.', description: 'In our own words.' })
  reason!: string;
}

export class StandingChangeDto {
  @ApiProperty({ format: 'date-time' }) at!: Date;
  @ApiProperty({ enum: STATES }) from!: string;
  @ApiProperty({ enum: STATES }) to!: string;
  @ApiProperty({ example: '5 failures in a row, the last: unconfirmed' }) why!: string;
  @ApiProperty({ example: 'rotation', description: 'rotation, or the operator who did it.' }) by!: string;
  @ApiProperty({ example: 'sms-1:4242', description: 'The instance whose rotation it was.' }) instance!: string;
}

export class ProviderDto {
  @ApiProperty({ example: 'twilio' }) name!: string;
  @ApiProperty({ enum: CHANNELS, isArray: true }) channels!: string[];
  @ApiProperty({ example: 1, description: 'Its place among the configured ones, 1 the most preferred.' })
  order!: number;
  @ApiProperty({
    enum: STATES,
    description: 'At the instance that answers; held is the same everywhere.',
  })
  state!: string;
  @ApiProperty({ format: 'date-time' }) since!: Date;
  @ApiProperty({ type: String, nullable: true, description: 'Why it is not in the rotation; null: it is.' })
  why!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'The operator who took it out; null: nobody did.' })
  heldBy!: string | null;
  @ApiProperty() consecutiveFailures!: number;
  @ApiProperty({ type: RecentCallsDto }) recent!: RecentCallsDto;
  @ApiProperty({ type: TrialDto, nullable: true }) trial!: TrialDto | null;
  @ApiPropertyOptional({ format: 'date-time', description: 'Of one that is suspended and can be asked for free.' })
  nextPingAt?: Date;
  @ApiProperty({ type: [ProviderErrorDto], description: 'Newest first, of the last day, 10 at most.' })
  lastErrors!: ProviderErrorDto[];
  @ApiProperty({ type: [StandingChangeDto], description: 'Newest first, of all instances, 20 at most.' })
  history!: StandingChangeDto[];
}

export class ProvidersDto {
  @ApiProperty({ type: [ProviderDto], description: 'Most preferred first.' }) providers!: ProviderDto[];
}
