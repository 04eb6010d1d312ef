import { ApiProperty } from '@nestjs/swagger';

export class BlockedRangeDto {
  @ApiProperty({
    enum: ['cc', 'rng', 'b4', 'b3', 'b2'],
    description: 'How wide: the country, then without its last 6, 4, 3, 2 digits.',
  })
  level!: string;
  @ApiProperty({ format: 'date-time' }) blockedUntil!: Date;
  @ApiProperty({ example: 1 }) strikes!: number;
}

export class UnblockCallDto {
  @ApiProperty({ example: 'POST /v1/admin/fraud/unblock' }) call!: string;
  @ApiProperty({ type: 'object', properties: { country: { type: 'string', example: 'GB' } } }) body!: {
    country: string;
  };
}

export class CountryDto {
  @ApiProperty({ example: 'GB', description: 'ISO 3166-1 alpha-2; ZZ: of no country.' }) country!: string;
  @ApiProperty({ description: 'Verifications.' }) started!: number;
  @ApiProperty() approved!: number;
  @ApiProperty({ type: Number, nullable: true, example: 0.86 }) conversion!: number | null;
  @ApiProperty({ description: 'Sends that were refused.' }) blocked!: number;
  @ApiProperty({ example: 1.25, description: 'Dollars, of texts that are or may be out.' }) cost!: number;
  @ApiProperty({
    type: [BlockedRangeDto],
    description: 'Now; of all countries together 200 at most. Which digits they are is not kept.',
  })
  prefixes!: BlockedRangeDto[];
  @ApiProperty({ type: UnblockCallDto, nullable: true, description: 'What unblocks them; null: nothing is blocked.' })
  unblock!: UnblockCallDto | null;
}

export class CountriesDto {
  @ApiProperty({ format: 'date-time', description: '24 hours before the answer.' }) since!: Date;
  @ApiProperty({ type: [CountryDto], description: 'The busiest first.' }) countries!: CountryDto[];
}
