import { Inject, Injectable } from '@nestjs/common';

import { Database, Refused, type Statement } from '../prisma/index.js';
import { Tracing } from './tracing.js';

/** One span a statement, by its name: never with a value. */
@Injectable()
export class StatementSpans {
  constructor(database: Database, @Inject(Tracing) tracing: Tracing | null) {
    if (tracing) follow(database, tracing);
  }
}

/** In its place, so that a program that traces nothing has no layer more between it and its database. */
function follow(database: Database, tracing: Tracing): void {
  const query = database.query.bind(database);
  database.query = async <Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row[]> => {
    const begun = performance.now();
    let error: string | undefined;
    try {
      return await query<Row>(statement, values);
    } catch (thrown) {
      error =
        thrown instanceof Refused ? `refused by ${thrown.gate}` : thrown instanceof Error ? thrown.name : 'unknown';
      throw thrown;
    } finally {
      const attributes = { 'db.system.name': 'postgresql', 'db.query.summary': statement.name };
      tracing.ended({ name: statement.name, durationMs: performance.now() - begun, attributes, error });
    }
  };
}
