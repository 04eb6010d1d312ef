import { Injectable } from '@nestjs/common';

import { AgedData } from '../prisma/index.js';

const OLDEST = "coalesce($2::timestamptz, clock_timestamp()) - interval '400 days'";
const PURGES = [
  {
    name: 'purge_spend_days',
    text: `DELETE FROM spend_days WHERE day = ANY (ARRAY(
      SELECT day FROM spend_days WHERE day < utc_day(${OLDEST}) LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
  },
  {
    name: 'purge_spend_erased',
    text: `DELETE FROM spend_erased WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM spend_erased WHERE day < utc_day(${OLDEST}) LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
  },
  {
    name: 'purge_spend_hours',
    text: `DELETE FROM spend_hours WHERE hour = ANY (ARRAY(
      SELECT hour FROM spend_hours WHERE hour < ${OLDEST} LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
  },
];

/** Sums of days and hours: nobody's. A year of them, so that a month can be held against the one of last year. */
@Injectable()
export class SpendData extends AgedData {
  readonly name = 'spend';
  protected readonly purges = PURGES;
}
