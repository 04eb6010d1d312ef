import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, Length } from 'class-validator';

import { MayBeAbsent } from '../http/index.js';

const TIME = 'must be a day such as 2026-11-21 or a time such as 2026-11-21T14:00:00Z';
const WORD = 'must be a word that a row shows, or empty';

export class AnalyticsQuery {
  @ApiPropertyOptional({ example: '2026-11-14', description: 'RFC 3339, or a day of UTC. Seven days before `to`.' })
  @MayBeAbsent()
  @IsString({ message: TIME })
  @Length(10, 40, { message: TIME })
  from?: string;

  @ApiPropertyOptional({
    example: '2026-11-21',
    description: 'The same, and not in it. Now. 92 days after `from` at most.',
  })
  @MayBeAbsent()
  @IsString({ message: TIME })
  @Length(10, 40, { message: TIME })
  to?: string;

  @ApiPropertyOptional({
    example: 'provider,country',
    description: 'Of provider, country, template, variant, channel, day, hour. provider.',
  })
  @MayBeAbsent()
  @IsString({ message: 'must be dimensions with commas between them' })
  @Length(1, 100, { message: 'must be dimensions with commas between them' })
  by?: string;

  @ApiPropertyOptional({ example: 'twilio' })
  @MayBeAbsent()
  @IsString({ message: WORD })
  provider?: string;

  @ApiPropertyOptional({ example: 'US' })
  @MayBeAbsent()
  @IsString({ message: WORD })
  country?: string;

  @ApiPropertyOptional({ example: 'verification' })
  @MayBeAbsent()
  @IsString({ message: WORD })
  template?: string;

  @ApiPropertyOptional({ example: 'short' })
  @MayBeAbsent()
  @IsString({ message: WORD })
  variant?: string;

  @ApiPropertyOptional({ example: 'sms' })
  @MayBeAbsent()
  @IsString({ message: WORD })
  channel?: string;

  @ApiPropertyOptional({ enum: ['json', 'csv'], description: 'Without it, as Accept says.' })
  @MayBeAbsent()
  @IsIn(['json', 'csv'], { message: 'must be json or csv' })
  format?: 'json' | 'csv';
}

export class FiguresDto {
  @ApiProperty({ description: 'Tries that a provider took.' }) sent!: number;
  @ApiProperty({ description: 'Of those, the network said that the phone has it.' }) delivered!: number;
  @ApiProperty({ description: 'Verifications that were approved, each by the last try before.' }) approved!: number;
  @ApiProperty({ type: Number, nullable: true, example: 0.71, description: 'Approved of sent.' }) conversion!:
    | number
    | null;
  @ApiProperty({ type: Number, nullable: true, example: 3834, description: 'To delivery, rounded up to a fifth.' })
  latencyP50Ms!: number | null;
  @ApiProperty({ type: Number, nullable: true, example: 11447 }) latencyP95Ms!: number | null;
  @ApiProperty({ example: 1.3 }) costUsd!: number;
  @ApiProperty({ type: Number, nullable: true, example: 0.0183 }) costPerApprovalUsd!: number | null;
}

export class AnalyticsRowDto extends FiguresDto {
  @ApiPropertyOptional({ example: 'twilio' }) provider?: string;
  @ApiPropertyOptional({ example: 'US', description: 'Empty: of no country.' }) country?: string;
  @ApiPropertyOptional({ example: 'verification' }) template?: string;
  @ApiPropertyOptional({ example: 'short', description: 'Empty: nothing was tried.' }) variant?: string;
  @ApiPropertyOptional({ example: 'sms' }) channel?: string;
  @ApiPropertyOptional({ example: '2026-11-21', description: 'Of UTC.' }) day?: string;
  @ApiPropertyOptional({ format: 'date-time' }) hour?: string;
}

export class AnalyticsDto {
  @ApiProperty({ format: 'date-time', description: 'Whole hours.' }) from!: Date;
  @ApiProperty({ format: 'date-time' }) to!: Date;
  @ApiProperty({ type: [String], example: ['provider', 'country'] }) by!: readonly string[];
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the newest hour was summed up.',
  })
  countedAt!: Date | null;
  @ApiProperty({ type: [AnalyticsRowDto], description: '10,000 at most.' }) rows!: readonly AnalyticsRowDto[];
  @ApiProperty({ type: FiguresDto }) total!: FiguresDto;
  @ApiProperty({ description: 'There are more rows.' }) truncated!: boolean;
}
