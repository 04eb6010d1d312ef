import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsString, Length } from 'class-validator';

import { MayBeAbsent } from '../../http/index.js';

export class RefreshDto {
  @ApiProperty({ description: 'The newest one. Each is good for one use.' })
  @IsString({ message: 'refreshToken must be a text' })
  @Length(1, 128, { message: 'refreshToken must have 1 to 128 characters' })
  refreshToken!: string;
}

export class LogoutDto {
  @ApiPropertyOptional({ default: false, description: 'On every device, not on this one alone.' })
  @MayBeAbsent()
  @IsBoolean({ message: 'everywhere must be true or false' })
  everywhere?: boolean;
}

export class TokensDto {
  @ApiProperty({
    description: 'JWT (ES256, typ at+jwt) for Authorization: Bearer; verified against /.well-known/jwks.json.',
  })
  accessToken!: string;
  @ApiProperty({ enum: ['Bearer'] }) tokenType!: string;
  @ApiProperty({ example: 900, description: 'Seconds.' }) expiresIn!: number;
  @ApiProperty({ description: 'For POST /v1/auth/refresh, once.' }) refreshToken!: string;
  @ApiProperty({ example: 2_592_000, description: 'Seconds.' }) refreshExpiresIn!: number;
}

export class MeDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ example: '+******2671' }) phone!: string;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ format: 'uuid' }) sessionId!: string;
  @ApiProperty({ format: 'date-time', description: 'When the person last logged in on this device.' })
  signedInAt!: string;
}

export class SessionDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ description: 'The one that asks.' }) current!: boolean;
  @ApiPropertyOptional({ description: 'User-Agent of the login.' }) client?: string;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ format: 'date-time' }) refreshedAt!: string;
  @ApiProperty({ format: 'date-time', description: 'Unless it is refreshed before.' }) endsAt!: string;
}

export class SessionsDto {
  @ApiProperty({ type: [SessionDto] }) sessions!: SessionDto[];
}
