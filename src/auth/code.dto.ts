import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, IsUUID, Length, Matches } from 'class-validator';

import type { VerificationState } from '../verification/index.js';

export const IsPhoneText = () =>
  applyDecorators(
    ApiProperty({ example: '+14155552671', description: 'E.164, or a national number of PHONE_DEFAULT_REGION.' }),
    IsString({ message: 'phone must be a text such as "+14155552671"' }),
    Length(1, 64, { message: 'phone must have 1 to 64 characters' }),
  );

export const IsCode = () =>
  applyDecorators(
    ApiProperty({ example: '123456', description: 'What the person typed: 4 to 10 digits.' }),
    IsString({ message: '$property must be a text such as "123456", not a number: codes may start with zero' }),
    Matches(/^[0-9]{4,10}$/, { message: '$property must be 4 to 10 digits from 0 to 9' }),
  );

/** As the start answered it. */
export const IsStartedId = () =>
  applyDecorators(
    ApiProperty({ format: 'uuid', description: 'As the start answered it.' }),
    IsUUID('all', { message: 'id must be the id that the start answered' }),
  );

export class CodeSentDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ example: '+******2671' }) phone!: string;
  @ApiProperty({ example: 'sms' }) channel!: string;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;
  @ApiProperty({ format: 'date-time', description: 'When a resend is next allowed.' }) nextSendAt!: string;
  @ApiProperty({ example: 4, description: 'Texts that this number may still get now.' }) sendsLeft!: number;
  @ApiProperty({ example: 5 }) checksLeft!: number;
  @ApiPropertyOptional({ example: '123456', description: 'In simulation only.' }) testCode?: string;
}

/** What anybody may know of a code that was sent: the same members for every number, known here or not. */
export function shown({
  id,
  phone,
  channel,
  expiresAt,
  nextSendAt,
  sendsLeft,
  checksLeft,
  testCode,
}: VerificationState) {
  return {
    id,
    phone,
    channel,
    expiresAt,
    nextSendAt,
    sendsLeft,
    checksLeft,
    ...(testCode !== undefined && { testCode }),
  };
}
export type CodeSent = ReturnType<typeof shown>;
