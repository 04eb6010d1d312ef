import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsISO31661Alpha2, IsObject, IsString, Length, Max, Min } from 'class-validator';

import { MayBeAbsent } from '../http/index.js';

const BODY = 'body must be a text of 1 to 2000 characters';
const VARIANT = 'variant must be a name of 1 to 32 characters';

const IsVariant = (): PropertyDecorator => (target, name) =>
  [MayBeAbsent(), IsString({ message: VARIANT }), Length(1, 32, { message: VARIANT })].forEach((rule) =>
    rule(target, name),
  );

export class VariantQuery {
  @ApiPropertyOptional({ example: 'short', description: 'Of the wording, where several are tried.' })
  @IsVariant()
  variant?: string;
}

export class PutTemplateDto extends VariantQuery {
  @ApiProperty({ example: '{{code}} is your {{brand}} code. It expires in {{minutes expiryMinutes}}.' })
  @IsString({ message: BODY })
  @Length(1, 2_000, { message: BODY })
  body!: string;
}

export class RollBackDto extends VariantQuery {
  @ApiProperty({ example: 2, description: 'Whose text becomes the newest one.' })
  @IsInt({ message: 'version must be a number of the list, such as 2' })
  @Min(1, { message: 'version must be a number of the list, such as 2' })
  @Max(2_147_483_647, { message: 'version must be a number of the list, such as 2' })
  version!: number;
}

export class PreviewTemplateDto extends VariantQuery {
  @ApiProperty({ example: 'verification' })
  @IsString({ message: 'name must be a template such as "verification"' })
  @Length(1, 32, { message: 'name must be a template such as "verification"' })
  name!: string;

  @ApiPropertyOptional({ description: 'A text that is no template yet.' })
  @MayBeAbsent()
  @IsString({ message: BODY })
  @Length(1, 2_000, { message: BODY })
  body?: string;

  @ApiPropertyOptional({ example: 'pt-BR' })
  @MayBeAbsent()
  @IsString({ message: 'locale must be a BCP 47 tag such as "pt-BR"' })
  @Length(2, 35, { message: 'locale must be a BCP 47 tag such as "pt-BR"' })
  locale?: string;

  @ApiPropertyOptional({ example: 'BR', description: 'Of the phone: for the price, and for the language where none is named.' })
  @MayBeAbsent()
  @IsISO31661Alpha2({ message: 'country must be two letters' })
  country?: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, example: { brand: 'Acme' } })
  @MayBeAbsent()
  @IsObject({ message: 'variables must be an object of texts and numbers' })
  variables?: Record<string, string | number>;
}

export class FlipDto {
  @ApiProperty({ example: 'ł' }) character!: string;
  @ApiProperty({ type: String, example: 'l', nullable: true, description: 'What GSM-7 has instead.' })
  replacement!: string | null;
}

export class MeasuredDto {
  @ApiProperty() body!: string;
  @ApiProperty({ enum: ['GSM-7', 'UCS-2'] }) encoding!: string;
  @ApiProperty({ example: 68, description: 'Septets, or UTF-16 units.' }) size!: number;
  @ApiProperty({ example: 160, description: 'Of one segment.' }) capacity!: number;
  @ApiProperty({ example: 1 }) segments!: number;
  @ApiProperty({ type: [FlipDto], description: 'What makes it UCS-2.' }) flips!: FlipDto[];
  @ApiPropertyOptional({ description: 'Why it is more than one segment.' }) reason?: string;
}

export class PreviewDto extends MeasuredDto {
  @ApiProperty({ example: 'pt-BR' }) locale!: string;
  @ApiProperty({ type: Number, nullable: true }) version!: number | null;
  @ApiProperty({ type: String, nullable: true }) variant!: string | null;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'number' }, example: { twilio: 0.0083 } })
  prices!: Record<string, number>;
  @ApiProperty({ type: [String], description: 'Of `body`: what the list would say of it, once it is put.' })
  problems!: string[];
}

export class LintedDto {
  @ApiProperty({ example: 'verification' }) name!: string;
  @ApiProperty({ example: 'pt-BR' }) locale!: string;
  @ApiProperty({ type: String, nullable: true }) variant!: string | null;
  @ApiProperty({ type: Number, nullable: true, description: 'Of the database; null: a file.' }) version!: number | null;
  @ApiProperty({ enum: ['database', 'folder', 'built-in'] }) source!: string;
  @ApiProperty({ example: 'BR', description: 'Where it is priced.' }) country!: string;
  @ApiPropertyOptional({ type: MeasuredDto }) text?: MeasuredDto;
  @ApiPropertyOptional({ type: MeasuredDto, description: 'With the line for browsers and apps.' })
  withMachineLine?: MeasuredDto;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'number' }, description: 'Dollars, as it is sent.' })
  prices!: Record<string, number>;
  @ApiProperty({ type: [String] }) problems!: string[];
}

export class VersionDto {
  @ApiProperty({ example: 2 }) version!: number;
  @ApiProperty() body!: string;
  @ApiProperty({ example: 'session:admin' }) createdBy!: string;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiPropertyOptional({ format: 'date-time' }) deletedAt?: string;
}

export class TemplateDto {
  @ApiProperty({ example: 'verification' }) name!: string;
  @ApiProperty({ example: 'pt-BR' }) locale!: string;
  @ApiProperty({ type: String, nullable: true }) variant!: string | null;
  @ApiProperty({ enum: ['database', 'folder', 'built-in'], description: 'Where the text that is sent now is from.' })
  source!: string;
  @ApiProperty({ type: Number, nullable: true, description: 'Of the database; null: a file.' }) version!: number | null;
  @ApiProperty() body!: string;
  @ApiProperty({ type: [VersionDto], description: 'Newest first.' }) versions!: VersionDto[];
}
