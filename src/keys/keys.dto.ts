import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayNotEmpty, ArrayUnique, IsArray, IsDate, IsIn, Matches } from 'class-validator';

import { MayBeAbsent, SCOPES, type Scope } from '../http/index.js';
import { KEY_NAME } from './keys.service.js';
import type { KeyRow } from './keys.sql.js';

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const asDate = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' && RFC_3339.test(value) ? new Date(value) : value;

export class CreateKeyDto {
  @ApiProperty({
    example: 'shop',
    pattern: KEY_NAME.source,
    description: 'Who calls by it; no two keys have one name.',
  })
  @Matches(KEY_NAME, { message: 'must be 1 to 40 characters of a-z 0-9 -' })
  name!: string;

  @ApiProperty({ enum: SCOPES, isArray: true, example: ['verify'] })
  @IsArray({ message: 'must be a list' })
  @ArrayNotEmpty({ message: 'must not be empty' })
  @ArrayUnique({ message: 'has one twice' })
  @IsIn(SCOPES, { each: true, message: `must be of ${SCOPES.join(', ')}` })
  scopes!: Scope[];

  @ApiProperty({ required: false, type: String, format: 'date-time', description: 'Without it: until it is revoked.' })
  @MayBeAbsent()
  @Transform(asDate)
  @IsDate({ message: 'must be a time as of RFC 3339' })
  expiresAt?: Date;
}

export class KeyDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'shop' })
  name!: string;

  @ApiProperty({ example: 'x3Qd', description: 'Its last four characters.' })
  hint!: string;

  @ApiProperty({ enum: SCOPES, isArray: true })
  scopes!: string[];

  @ApiProperty()
  createdAt!: Date;

  @ApiProperty({ example: 'session:admin' })
  createdBy!: string;

  @ApiProperty({ required: false, description: 'To about a minute.' })
  lastUsedAt?: Date;

  @ApiProperty({ required: false })
  expiresAt?: Date;

  @ApiProperty({ required: false })
  revokedAt?: Date;
}

export class CreatedKeyDto extends KeyDto {
  @ApiProperty({ example: 'sk_…', description: 'Shown here and never again.' })
  key!: string;
}

export class KeysDto {
  @ApiProperty({ type: [KeyDto], description: 'Newest first.' })
  keys!: KeyDto[];
}

export function keyDto(row: KeyRow): KeyDto {
  return {
    id: row.id,
    name: row.name,
    hint: row.hint,
    scopes: [...row.scopes],
    createdAt: row.created_at,
    createdBy: row.created_by,
    ...(row.last_used_at && { lastUsedAt: row.last_used_at }),
    ...(row.expires_at && { expiresAt: row.expires_at }),
    ...(row.revoked_at && { revokedAt: row.revoked_at }),
  };
}
