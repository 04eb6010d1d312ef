import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils';

import { Prisma, PrismaClient } from '../generated/prisma/client.js';
import { DatabaseUnavailable } from './database.js';

/** Prisma's client over the connections of the database room, for everything but the hot paths. */
export class PrismaService extends PrismaClient {
  constructor(adapter: SqlDriverAdapterFactory) {
    super({ adapter, errorFormat: 'minimal' });
  }
}

/** The answer to a query of Prisma's client. @throws {DatabaseUnavailable} when none can be had; any other error is a bug */
export async function answerTo<T>(query: PromiseLike<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    throw error instanceof Prisma.PrismaClientValidationError ? error : new DatabaseUnavailable(error);
  }
}
