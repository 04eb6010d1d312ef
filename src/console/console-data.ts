import { Injectable } from '@nestjs/common';

import { AgedData } from '../prisma/index.js';

/** A quarter is what anybody looks back at. */
const CHANGES = {
  name: 'purge_provider_changes',
  text: `DELETE FROM provider_changes WHERE id = ANY (ARRAY(
    SELECT id FROM provider_changes WHERE at < coalesce($2::timestamptz, clock_timestamp()) - interval '90 days' LIMIT $1
      FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
};

/** What became of providers names nobody. */
@Injectable()
export class ConsoleData extends AgedData {
  readonly name = 'provider_changes';
  protected readonly purges = [CHANGES];
}
