import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';

export class SignInDto {
  @ApiProperty({ maxLength: 1_024, format: 'password' })
  @IsString({ message: 'must be a text' })
  @Length(1, 1_024, { message: 'must have 1 to 1024 characters' })
  password!: string;
}

export class OperatorSessionDto {
  @ApiProperty({ description: 'Goes into the header X-CSRF-Token of whatever changes something by this session.' })
  csrfToken!: string;

  @ApiProperty({ description: 'When it ends at the latest; after 30 minutes without a request it ends, too.' })
  expiresAt!: Date;
}
