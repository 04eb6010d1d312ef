import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsString, Length } from 'class-validator';

import { MayBeAbsent } from '../http/index.js';

const PHONE = 'phone must be a text such as "+14155552671"';

export class PhoneDto {
  @ApiProperty({ example: '+14155552671', description: 'E.164, or a national number of PHONE_DEFAULT_REGION.' })
  @IsString({ message: PHONE })
  @Length(1, 64, { message: 'phone must have 1 to 64 characters' })
  phone!: string;
}

export class ErasePhoneDto extends PhoneDto {
  @ApiPropertyOptional({
    default: false,
    description: 'Forget, too, that the number asked for no more texts. Else that stays, as an HMAC.',
  })
  @MayBeAbsent()
  @IsBoolean({ message: 'optOut must be true or false' })
  optOut: boolean = false;
}

export class EraseQueryDto {
  @ApiPropertyOptional({ enum: ['true', 'false'], default: 'false' })
  @MayBeAbsent()
  @IsIn(['true', 'false'], { message: 'optOut must be true or false' })
  optOut: string = 'false';
}

export class ErasedDto {
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    example: {
      verifications: 3,
      messages: 0,
      batches: 0,
      answers: 0,
      users: 2,
      webhooks: 0,
      decisions: 0,
      audit: 0,
      spend: 0,
      limits: 2,
    },
    description: 'Rows that are gone, by kind. 0 everywhere: nothing was kept about it.',
  })
  erased!: Readonly<Record<string, number>>;
}

export class ExportedDto {
  @ApiProperty({ example: '+******2671' }) phone!: string;
  @ApiProperty({ format: 'date-time' }) exportedAt!: Date;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'What is kept, by kind; docs/privacy.md says what each means.',
  })
  data!: Readonly<Record<string, unknown>>;
}
