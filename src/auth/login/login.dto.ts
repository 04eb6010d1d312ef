import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsLocale, IsString, Length } from 'class-validator';

import { MayBeAbsent } from '../../http/index.js';
import {
  ChallengeDto,
  MayHaveChallenge,
  MayNameChannel,
  MayPlanChannels,
  type Channel,
  type ChannelPlan,
} from '../../verification/index.js';
import { IsCode, IsPhoneText, IsStartedId } from '../code.dto.js';
import { TokensDto } from '../sessions/session.dto.js';

const LOCALE = 'locale must be a BCP 47 tag such as "pt-BR"';

export class StartLoginDto {
  @IsPhoneText()
  phone!: string;

  @ApiPropertyOptional({
    example: 'pt-BR',
    description:
      'BCP 47 language of the text. Without: as Accept-Language says, else as most read it where the number is from.',
  })
  @MayBeAbsent()
  @IsString({ message: LOCALE })
  @Length(2, 35, { message: LOCALE })
  @IsLocale({ message: LOCALE })
  locale?: string;

  @MayNameChannel()
  channel?: Channel;

  @MayPlanChannels()
  channels?: ChannelPlan;

  @MayHaveChallenge()
  challenge?: ChallengeDto;
}

export class ResendLoginDto {
  @IsStartedId()
  id!: string;

  @MayNameChannel('as the first text went')
  channel?: Channel;

  @MayPlanChannels()
  channels?: ChannelPlan;
}

export class VerifyLoginDto {
  @IsStartedId()
  id!: string;

  @IsCode()
  code!: string;
}

export class LoginUserDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ example: '+******2671' }) phone!: string;
  @ApiProperty({ description: 'True for the first login ever.' }) isNew!: boolean;
}

export class LoggedInDto extends TokensDto {
  @ApiProperty({ type: LoginUserDto }) user!: LoginUserDto;
}
