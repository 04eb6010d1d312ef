import { ApiProperty } from '@nestjs/swagger';

import { ChallengeDto, MayHaveChallenge } from '../../verification/index.js';
import { CodeSentDto, IsCode, IsPhoneText, IsStartedId } from '../code.dto.js';

export class StartPhoneChangeDto {
  @IsPhoneText()
  phone!: string;

  /** For the new number; the present one is known. */
  @MayHaveChallenge()
  challenge?: ChallengeDto;
}

export class VerifyPhoneChangeDto {
  @IsStartedId()
  id!: string;

  @IsCode()
  currentCode!: string;

  @IsCode()
  newCode!: string;
}

export class PhoneChangeStartedDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;
  @ApiProperty({ type: CodeSentDto }) current!: CodeSentDto;
  @ApiProperty({ type: CodeSentDto }) new!: CodeSentDto;
}

export class PhoneChangedDto {
  @ApiProperty({ example: '+******2672' }) phone!: string;
  @ApiProperty({ example: 1, description: 'Your other sessions, which are ended.' }) sessionsEnded!: number;
}
