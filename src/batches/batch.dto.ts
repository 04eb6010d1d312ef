import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsInt, IsNumber, IsString, Length, Matches, Max, Min } from 'class-validator';

import { MayBeAbsent } from '../http/index.js';
import { TextDto } from '../messages/index.js';

export const REF = /^[\w.:@-]{1,64}$/;
const REF_RULE = 'ref must be 1 to 64 letters, digits and any of . _ : @ -';
const RATE_RULE = 'rate must be messages a second, from 0.01 to 10000';
const FIRST_RULE = 'first must be a number from 1';
const NAME_RULE = 'name must have 1 to 100 characters';

export class BatchRowDto extends TextDto {
  @ApiPropertyOptional({
    example: 'order-1234',
    description:
      'What you call this row; one with the same ref is taken once. Without it, where the row stands, from 1.',
  })
  @MayBeAbsent()
  @IsString({ message: REF_RULE })
  @Matches(REF, { message: REF_RULE })
  ref?: string;
}

/** Of a query string. */
const IsFlag = () => {
  const decorators = [
    Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value)),
    IsBoolean({ message: '$property must be true or false' }),
  ];
  return (target: object, name: string) => decorators.forEach((decorate) => decorate(target, name));
};

export class BatchQueryDto {
  @ApiPropertyOptional({
    format: 'uuid',
    description:
      'Made by you: the same rows, sent again under the same id, are taken once. Without it, of the Idempotency-Key; without that, a new one.',
  })
  @MayBeAbsent()
  @IsString()
  @Length(36, 36, { message: 'id must be a UUID' })
  id?: string;

  @ApiPropertyOptional({ example: 'outage of 21 November' })
  @MayBeAbsent()
  @IsString({ message: NAME_RULE })
  @Length(1, 100, { message: NAME_RULE })
  name?: string;

  @ApiPropertyOptional({ example: 20, description: 'Messages a second at most; without it, what its senders take.' })
  @MayBeAbsent()
  @Transform(({ value }: { value: unknown }) => Number(value))
  @IsNumber({}, { message: RATE_RULE })
  @Min(0.01, { message: RATE_RULE })
  @Max(10_000, { message: RATE_RULE })
  rate?: number;

  @ApiPropertyOptional({
    example: 1,
    default: 1,
    description: 'What number the first row has, where rows come in several requests.',
  })
  @Transform(({ value }: { value: unknown }) => Number(value))
  @IsInt({ message: FIRST_RULE })
  @Min(1, { message: FIRST_RULE })
  @Max(1_000_000_000, { message: FIRST_RULE })
  first: number = 1;

  @ApiPropertyOptional({ description: 'More rows follow in another request: it does not begin yet.' })
  @IsFlag()
  more: boolean = false;

  @ApiPropertyOptional({ description: 'It begins when it is resumed.' })
  @IsFlag()
  hold: boolean = false;

  @ApiPropertyOptional({ description: 'Says what it would cost and what is wrong with it; writes and sends nothing.' })
  @IsFlag()
  dryRun: boolean = false;
}

export class BatchErrorDto {
  @ApiProperty({ example: '17' }) ref!: string;
  @ApiPropertyOptional({ example: 17, description: 'Where it stood, from 1.' }) row?: number;
  @ApiProperty({
    example: 'INVALID_PHONE_FORMAT',
    description: 'As of a single text; or, of a message: failed, undelivered or canceled.',
  })
  code!: string;
  @ApiProperty({ example: 'Not a phone number: no country has given out such a number.' }) detail!: string;
  @ApiPropertyOptional({ format: 'uuid' }) messageId?: string;
}

export class CountryTotalsDto {
  @ApiProperty({ example: 'US' }) country!: string;
  @ApiProperty() rows!: number;
  @ApiProperty() segments!: number;
  @ApiProperty({ description: 'Dollars, by the price list, at the provider that is asked first.' }) cost!: number;
}

export class UploadDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ description: 'New rows.' }) taken!: number;
  @ApiProperty({ description: 'Rows that came before.' }) repeated!: number;
  @ApiProperty({ description: 'Rows with a fault.' }) refused!: number;
  @ApiProperty() segments!: number;
  @ApiProperty({ example: 830.0, description: 'Dollars, by the price list.' }) cost!: number;
  @ApiProperty({ type: [CountryTotalsDto] }) byCountry!: readonly CountryTotalsDto[];
  @ApiProperty({ type: [BatchErrorDto], description: 'The first 1000; all of them at /errors.' })
  errors!: readonly BatchErrorDto[];
}

export class BatchDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiPropertyOptional() name?: string;
  @ApiProperty({ enum: ['loading', 'running', 'paused', 'canceled', 'done'] }) status!: string;
  @ApiPropertyOptional({
    enum: ['operator', 'cost_limit'],
    description: "cost_limit: the day's budget is used up, and it goes on by itself when there is room.",
  })
  pausedBecause?: string;
  @ApiProperty({ description: 'Rows that became messages.' }) rows!: number;
  @ApiProperty({ description: 'Rows that did not.' }) refused!: number;
  @ApiProperty({ description: 'That are still to be begun.' }) waiting!: number;
  @ApiProperty({ description: 'Of those, that wait because their phone gets no more texts now.' }) limited!: number;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    example: { accepted: 940, delivered: 8_010, failed: 3 },
    description: 'Messages by status.',
  })
  counts!: Readonly<Record<string, number>>;
  @ApiPropertyOptional({ description: 'Messages a second at most, where it was given.' }) rate?: number;
  @ApiProperty({ description: 'Messages a second that were begun of late.' }) perSecond!: number;
  @ApiPropertyOptional({
    description: 'Until all are begun, at that rate; absent while rows wait for limits of phones.',
  })
  secondsLeft?: number;
  @ApiProperty() createdBy!: string;
  @ApiProperty({ format: 'date-time' }) createdAt!: Date;
  @ApiProperty({ format: 'date-time', description: 'What is not begun by then ends.' }) expiresAt!: Date;
  @ApiPropertyOptional({ format: 'date-time' }) startedAt?: Date;
  @ApiPropertyOptional({ format: 'date-time' }) endedAt?: Date;
}
