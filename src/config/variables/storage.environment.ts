import { IsOptional, IsString } from 'class-validator';

import { Env } from '../../kernel/index.js';
import { isUrlOf, IsWithin, passes, saying } from './rules.js';

export class StorageEnvironment {
  @Env({ about: 'Folder of the embedded database and of what is made once.', example: './data' })
  @IsString()
  DATA_DIR: string = './data';

  @Env({
    about: 'A PostgreSQL server; unset: an embedded PostgreSQL in DATA_DIR, for one process.',
    example: 'postgresql://sixdigit:password@localhost:5432/sixdigit',
  })
  @IsOptional()
  @passes('isPostgresUrl', isUrlOf('postgres:', 'postgresql:'), saying('must be a postgresql:// URL'))
  DATABASE_URL?: string;

  @Env({
    about: 'Connections to PostgreSQL at most, of one process. More than a few for each of its cores make it slower.',
    example: '8',
  })
  @IsWithin(1, 1_000)
  DATABASE_MAX_CONNECTIONS: number = 8;

  @Env({ about: 'A Redis server; unset: limits live in the database.', example: 'redis://localhost:6379' })
  @IsOptional()
  @passes('isRedisUrl', isUrlOf('redis:', 'rediss:'), saying('must be a redis:// or rediss:// URL'))
  REDIS_URL?: string;

  @Env({ about: 'Connections to Redis at most.', example: '20' })
  @IsWithin(1, 1_000)
  REDIS_MAX_CONNECTIONS: number = 20;
}
