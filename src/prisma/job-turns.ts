import type { Database } from './database.js';

const AT = 'coalesce($3::timestamptz, clock_timestamp())';

/**
 * Whether a job that one instance does for all is ours this time; then nobody else's for `leaseMs`. Who dies at it is followed by
 * another.
 * @param at "now" as a test gives it; null is the server's clock
 * @throws {DatabaseUnavailable}
 */
export async function takeTurn(database: Database, job: string, leaseMs: number, at: Date | null): Promise<boolean> {
  const statement = {
    name: `take_${job}_turn`,
    text: `INSERT INTO job_leases AS lease (name, lease_until) SELECT $1, ${AT} + make_interval(secs => $2::int / 1000.0)
      ON CONFLICT (name) DO UPDATE SET lease_until = excluded.lease_until
        -- What is further ahead than any turn was written before this server's clock was set back.
        WHERE lease.lease_until <= ${AT} OR lease.lease_until > excluded.lease_until
      RETURNING name`,
  };
  return (await database.query(statement, [job, leaseMs, at])).length > 0;
}
