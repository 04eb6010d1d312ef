import { ApiProperty } from '@nestjs/swagger';

import { ProviderDto } from '../providers/provider.dto.js';

export class MinuteDto {
  @ApiProperty({ format: 'date-time', description: 'When it began.' }) at!: Date;
  @ApiProperty({ description: 'Tries that a provider took.' }) accepted!: number;
  @ApiProperty({ description: 'Tries that it did not take, or nobody knows.' }) failed!: number;
}

export class SendsDto {
  @ApiProperty({ type: [MinuteDto], description: '60, oldest first, the last one under way.' }) perMinute!: MinuteDto[];
  @ApiProperty({ description: 'Tries that were begun in the last 60 seconds.' }) lastMinute!: number;
  @ApiProperty({
    type: Number,
    nullable: true,
    example: 0.998,
    description: 'Accepted among the tries of the last 5 minutes that have ended; null: there are none.',
  })
  successRate!: number | null;
}

export class VerificationsNowDto {
  @ApiProperty({ description: 'In the last hour.' }) started!: number;
  @ApiProperty({ description: 'Of those.' }) approved!: number;
  @ApiProperty({ type: Number, nullable: true, example: 0.86 }) conversion!: number | null;
}

export class SpendNowDto {
  @ApiProperty({ format: 'date' }) day!: string;
  @ApiProperty({ example: 50, description: 'SMS_DAILY_COST_LIMIT.' }) limit!: number;
  @ApiProperty({ description: 'For texts that are still to come.' }) reserved!: number;
  @ApiProperty({ description: 'Of texts that are or may be out.' }) settled!: number;
  @ApiProperty({ enum: ['USD'] }) currency!: string;
}

export class OutboxNowDto {
  @ApiProperty({ description: 'Texts that no provider has taken yet and that nobody is sending now.' })
  waiting!: number;
  @ApiProperty({ type: Number, nullable: true, description: 'Age of the oldest of them; null: there is none.' })
  oldestSecs!: number | null;
}

/** What operators look at. Numbers are of the whole system; where providers stand is of the instance that answers. */
export class NowDto {
  @ApiProperty({ format: 'date-time' }) at!: Date;
  @ApiProperty({ example: 'sms-1:4242', description: 'The instance that answers.' }) instance!: string;
  @ApiProperty({ description: 'Nothing leaves.' }) simulation!: boolean;
  @ApiProperty({ type: [ProviderDto] }) providers!: ProviderDto[];
  @ApiProperty({ type: SendsDto }) sends!: SendsDto;
  @ApiProperty({ type: VerificationsNowDto }) verifications!: VerificationsNowDto;
  @ApiProperty({ type: SpendNowDto }) spend!: SpendNowDto;
  @ApiProperty({ type: OutboxNowDto }) outbox!: OutboxNowDto;
}
