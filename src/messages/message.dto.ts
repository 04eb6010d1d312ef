import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

import { DELIVERY_STATUSES } from '../sms/index.js';

export class AttemptDto {
  @ApiProperty({ example: 'twilio' }) provider!: string;
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
  @ApiProperty({ format: 'date-time' }) startedAt!: Date;
  @ApiPropertyOptional({ format: 'date-time' }) endedAt?: Date;
  @ApiPropertyOptional({ format: 'date-time', description: 'When the first report came.' }) reportedAt?: Date;
}

export class MessageDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ enum: DELIVERY_STATUSES }) status!: string;
  @ApiProperty({ example: '+******2671' }) phone!: string;
  @ApiProperty({ format: 'date-time' }) createdAt!: Date;
  @ApiPropertyOptional({
    example: 'expired',
    description: 'Of a text that failed: the last fault, or "expired" when no provider could be asked in time.',
  })
  reason?: string;
  @ApiProperty({ type: [AttemptDto] }) attempts!: AttemptDto[];
}
