import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsJWT, IsString, Length, Matches, MaxLength } from 'class-validator';

import { MayBeAbsent } from '../../http/index.js';
import { IsCode, IsStartedId } from '../code.dto.js';

const ACTION = /^[a-z][a-z0-9-]{0,31}$/;
const ACTION_RULE = 'action must be 1 to 32 lower-case letters, digits and dashes, such as "payout"';
const CONTEXT_RULE =
  'context must be 1 to 200 printable characters, such as an order number or a hash of what is asked';

export class StartStepUpDto {
  @ApiProperty({ example: 'payout', description: 'What the proof will be good for.' })
  @IsString({ message: ACTION_RULE })
  @Matches(ACTION, { message: ACTION_RULE })
  action!: string;

  @ApiPropertyOptional({ example: 'order-4711 200.00 EUR', description: 'What exactly: stands in the proof as it is.' })
  @MayBeAbsent()
  @IsString({ message: CONTEXT_RULE })
  @Length(1, 200, { message: CONTEXT_RULE })
  @Matches(/^[^\p{C}]+$/u, { message: CONTEXT_RULE })
  context?: string;
}

export class VerifyStepUpDto {
  @IsStartedId()
  id!: string;

  @IsCode()
  code!: string;
}

export class StepUpProofDto {
  @ApiProperty({ description: 'JWT (ES256, typ step-up+jwt) that others verify against /.well-known/jwks.json.' })
  proof!: string;
  @ApiProperty({ example: 300, description: 'Seconds.' }) expiresIn!: number;
}

export class RedeemStepUpDto {
  @ApiProperty({ description: 'As /v1/auth/step-up/verify answered it.' })
  @IsJWT({ message: 'proof must be a JWT' })
  @MaxLength(4_096, { message: 'proof must be a JWT' })
  proof!: string;

  @ApiPropertyOptional({ example: 'payout', description: 'When given, a proof for another action is not redeemed.' })
  @MayBeAbsent()
  @IsString({ message: ACTION_RULE })
  @Matches(ACTION, { message: ACTION_RULE })
  action?: string;
}

export class RedeemedDto {
  @ApiProperty({ format: 'uuid' }) userId!: string;
  @ApiProperty({ format: 'uuid' }) sessionId!: string;
  @ApiProperty({ example: 'payout' }) action!: string;
  @ApiPropertyOptional({ example: 'order-4711 200.00 EUR' }) context?: string;
  @ApiProperty({ format: 'date-time', description: 'When the person entered the code.' }) authenticatedAt!: string;
}
