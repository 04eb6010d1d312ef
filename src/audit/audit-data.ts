import { Injectable } from '@nestjs/common';

import { AgedData } from '../prisma/index.js';

const NOW = 'coalesce($2::timestamptz, clock_timestamp())';

/** A year, and the weeks in which last year is looked at. */
const AUDIT = {
  name: 'purge_audit',
  text: `DELETE FROM admin_audit WHERE id = ANY (ARRAY(
    SELECT id FROM admin_audit WHERE at < ${NOW} - interval '400 days' ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
};
const SESSIONS = {
  name: 'purge_admin_sessions',
  text: `DELETE FROM admin_sessions WHERE id = ANY (ARRAY(
    SELECT id FROM admin_sessions WHERE expires_at <= ${NOW} LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
};

/** What operators did never names a phone: an erase or an unblock of one is written down without it. */
@Injectable()
export class AuditData extends AgedData {
  readonly name = 'audit';
  protected readonly purges = [AUDIT, SESSIONS];
}
