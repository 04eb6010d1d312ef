// Rows as they would be there after months: told apart from real ones by nothing but that nobody can open them.
import { KeyRing } from '../../dist/kernel/index.js';
import { APP_SECRET } from './contenders.mjs';
import { connected } from './databases.mjs';

export const HOT_PHONE = '+12125550100';
/** The hot phone's share of the verifications, at most. */
const HOT_ROWS = 10_000;

/** `rows` of everything Sixdigit writes, spread over 90 days; HOT_PHONE has used its limits up. */
export async function fillSixdigit(url, rows) {
  const hot = new KeyRing(APP_SECRET).lookupKey('phone', HOT_PHONE);
  const hotRows = Math.min(HOT_ROWS, Math.ceil(rows / 20));
  await connected(url, async (client) => {
    // Neither fsync nor foreign keys are what is measured here.
    await client.query('SET synchronous_commit = off; SET session_replication_role = replica');
    await client.query("SET maintenance_work_mem = '256MB'");
    const rebuild = await withoutIndexes(client);
    const fill = (sql) => client.query(sql, [rows, hotRows, hot]);
    await fill(`
      CREATE TEMP TABLE rows AS SELECT n, gen_random_uuid() AS v, gen_random_uuid() AS m,
        CASE WHEN n <= $2::int THEN $3::bytea ELSE sha256(int8send(n)) END AS key,
        now() - (n::float8 / $1::int) * interval '90 days' - interval '1 hour' AS at
      FROM generate_series(1, $1::int) AS n`);
    await client.query(`
      INSERT INTO verifications (id, purpose, channel, status, phone_key, phone_sealed, key_version, code_length, checks,
                                 max_checks, created_at, expires_at, next_send_at, ended_at)
      SELECT v, 'verification', 'sms', 'approved', key, key || sha256(key), 1, 6, 1, 5, at, at + interval '600 s',
             at + interval '30 s', at + interval '20 s' FROM rows`);
    await client.query(`
      INSERT INTO messages (id, verification_id, phone_key, phone_sealed, key_version, template, status, created_at,
                            updated_at, expires_at)
      SELECT m, v, key, key || sha256(key), 1, 'verification', 'accepted', at, at, at + interval '600 s' FROM rows`);
    await client.query(`
      INSERT INTO attempts (id, message_id, provider, outcome, provider_message_id, started_at, ended_at)
      SELECT gen_random_uuid(), m, 'twilio', 'accepted', 'SM' || md5(n::text), at, at FROM rows`);
    await client.query(`INSERT INTO limit_windows (key, hits) SELECT key, ARRAY[min(at)] FROM rows GROUP BY key`);
    await client.query(
      `UPDATE limit_windows SET hits = ARRAY(SELECT now() - make_interval(mins => 61 - 3 * n)
        FROM generate_series(1, 20) AS n) WHERE key = $1`,
      [hot],
    );
    await client.query('DROP TABLE rows');
    await rebuild();
    await client.query('VACUUM ANALYZE');
  });
}

/** Drops what only speeds up reading; a million rows are in several times sooner. @returns what makes it anew */
async function withoutIndexes(client) {
  const { rows } = await client.query(
    `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexdef NOT LIKE 'CREATE UNIQUE%'`,
  );
  for (const { indexname } of rows) await client.query(`DROP INDEX "${indexname}"`);
  return async () => {
    for (const { indexdef } of rows) await client.query(indexdef);
  };
}

/** `rows` codes that nobody has typed in yet, which is what better-auth's table grows by. */
export async function fillBetterAuth(url, rows) {
  await connected(url, async (client) => {
    await client.query('SET synchronous_commit = off');
    await client.query(
      `INSERT INTO verification (id, identifier, value, "expiresAt", "createdAt", "updatedAt")
       SELECT gen_random_uuid()::text, 'filled-' || n, '123456:0', now() + interval '1 day', now(), now()
       FROM generate_series(1, $1::int) AS n`,
      [rows],
    );
    await client.query('VACUUM ANALYZE');
  });
}
