import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';

import { MayBeAbsent } from '../http/index.js';

export class AuditQuery {
  @ApiProperty({
    required: false,
    description: 'Only what is older than the act with this id.',
    pattern: '^\\d{1,18}$',
  })
  @MayBeAbsent()
  @Matches(/^\d{1,18}$/, { message: 'must be the id of an act' })
  before?: string;
}

export class ActDto {
  @ApiProperty({ example: '42' })
  id!: string;

  @ApiProperty()
  at!: Date;

  @ApiProperty({ example: 'session:admin', description: "An API key's name, session:admin, or cli:USER." })
  who!: string;

  @ApiProperty({ example: 'key.create' })
  act!: string;

  @ApiProperty({ required: false, description: 'What it was done to.' })
  subject?: string;

  @ApiProperty({ required: false, example: '203.0.113.0/24', description: 'The network that it came from.' })
  network?: string;
}

export class AuditDto {
  @ApiProperty({ type: [ActDto], description: 'Newest first, 100 at most.' })
  acts!: ActDto[];
}
