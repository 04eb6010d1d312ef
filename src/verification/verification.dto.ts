import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsLocale, IsObject, IsString, Length, Matches, ValidateNested } from 'class-validator';

import { MayBeAbsent } from '../http/index.js';
import { CHANNELS, DELIVERY_STATUSES, type Channel, type ChannelPlan } from '../sms/index.js';
import { MayNameChannel, MayPlanChannels } from './channel.dto.js';

const PURPOSE = /^[a-z][a-z0-9-]{0,31}$/;
const PURPOSE_RULE = 'purpose must be 1 to 32 lower-case letters, digits and dashes, such as "checkout"';

const CHALLENGE_RULE = 'challenge must be an object with seed and nonce, or with token';

/** `seed` and `nonce` of a proof of work, or the `token` of a widget. */
export class ChallengeDto {
  @ApiPropertyOptional({ description: 'As the refusal gave it.' })
  @MayBeAbsent()
  @IsString({ message: CHALLENGE_RULE })
  @Length(1, 128, { message: CHALLENGE_RULE })
  seed?: string;

  @ApiPropertyOptional({ description: 'SHA-256 of "seed:nonce" begins with as many zero bits as the refusal said.' })
  @MayBeAbsent()
  @IsString({ message: CHALLENGE_RULE })
  @Length(1, 32, { message: CHALLENGE_RULE })
  nonce?: string;

  @ApiPropertyOptional({ description: 'Of Turnstile or hCaptcha.' })
  @MayBeAbsent()
  @IsString({ message: CHALLENGE_RULE })
  @Length(1, 4_096, { message: CHALLENGE_RULE })
  token?: string;
}

/** A body that may carry the solution of a challenge that the request was refused with before. */
export const MayHaveChallenge = () =>
  applyDecorators(
    ApiPropertyOptional({ type: ChallengeDto, description: 'Solves the challenge of a CHALLENGE_REQUIRED.' }),
    MayBeAbsent(),
    IsObject({ message: CHALLENGE_RULE }),
    ValidateNested({ message: CHALLENGE_RULE }),
    Type(() => ChallengeDto),
  );

export class StartVerificationDto {
  @ApiProperty({ example: '+14155552671', description: 'E.164, or a national number of PHONE_DEFAULT_REGION.' })
  @IsString({ message: 'phone must be a text such as "+14155552671"' })
  @Length(1, 64, { message: 'phone must have 1 to 64 characters' })
  phone!: string;

  @MayNameChannel()
  channel?: Channel;

  @MayPlanChannels()
  channels?: ChannelPlan;

  @ApiPropertyOptional({
    example: 'pt-BR',
    description:
      'BCP 47 language of the text. Without: as Accept-Language says, else as most read it where the number is from.',
  })
  @MayBeAbsent()
  @IsString({ message: 'locale must be a BCP 47 tag such as "pt-BR"' })
  @Length(2, 35, { message: 'locale must be a BCP 47 tag such as "pt-BR"' })
  @IsLocale({ message: 'locale must be a BCP 47 tag such as "pt-BR"' })
  locale?: string;

  @ApiPropertyOptional({
    example: 'checkout',
    default: 'verification',
    description:
      'What the proof will be good for. login, two-factor-auth, phone-change and password-reset have texts of their own.',
  })
  @MayBeAbsent()
  @IsString({ message: PURPOSE_RULE })
  @Matches(PURPOSE, { message: PURPOSE_RULE })
  purpose: string = 'verification';

  @MayHaveChallenge()
  challenge?: ChallengeDto;
}

export class CheckVerificationDto {
  @ApiProperty({ example: '123456', description: 'What the person typed: 4 to 10 digits.' })
  @IsString({ message: 'code must be a text such as "123456", not a number: codes may start with zero' })
  @Matches(/^[0-9]{4,10}$/, { message: 'code must be 4 to 10 digits from 0 to 9' })
  code!: string;

  @ApiPropertyOptional({
    example: 'checkout',
    description: 'When given, a verification for another purpose is not found.',
  })
  @MayBeAbsent()
  @IsString({ message: PURPOSE_RULE })
  @Matches(PURPOSE, { message: PURPOSE_RULE })
  purpose?: string;
}

export class ResendVerificationDto {
  @MayNameChannel('as the first text went')
  channel?: Channel;

  @MayPlanChannels()
  channels?: ChannelPlan;
}

export class VerificationDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ enum: ['pending', 'approved', 'expired', 'canceled', 'failed'] }) status!: string;
  @ApiProperty({ example: '+******2671' }) phone!: string;
  @ApiProperty({ enum: CHANNELS, description: 'By which the newest text goes now.' }) channel!: string;
  @ApiProperty({ example: 'verification' }) purpose!: string;
  @ApiPropertyOptional({
    enum: DELIVERY_STATUSES,
    description:
      'What is known of the newest text. accepted: a provider took it. unknown: one may have. queued: none takes any now, it goes out as soon as one does. From sent on, as its network reports.',
  })
  delivery?: string;
  @ApiPropertyOptional({ format: 'uuid', description: 'The newest text, for /v1/messages/{id}.' }) messageId?: string;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;
  @ApiProperty({ format: 'date-time', description: 'When a resend is next allowed.' }) nextSendAt!: string;
  @ApiProperty({ example: 4, description: 'Texts that this number may still get now.' }) sendsLeft!: number;
  @ApiProperty({ example: 5 }) checksLeft!: number;
  @ApiPropertyOptional({ example: '123456', description: 'In simulation only.' }) testCode?: string;
}

export class CheckResultDto {
  @ApiProperty({ enum: ['approved', 'pending'] }) status!: string;
  @ApiProperty() valid!: boolean;
  @ApiPropertyOptional({ description: 'When approved: a JWT that others verify against /.well-known/jwks.json.' })
  proof?: string;
  @ApiPropertyOptional({ example: 4, description: 'When not.' }) checksLeft?: number;
}
