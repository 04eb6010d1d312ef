import { randomUUID } from 'node:crypto';

import { EmbeddedDatabase, PostgresDatabase, type Database } from '../../src/prisma/index.js';
import { openFromTemplate } from './pglite-template.js';
import { onServer, serverTemplate } from './server-template.js';

export const serverUrl = process.env.TEST_DATABASE_URL;

export interface TestDatabase {
  readonly database: EmbeddedDatabase | PostgresDatabase;
  /** More instances of the program on the same database; on the embedded one, which serves one process, the same again. */
  another(): Promise<EmbeddedDatabase | PostgresDatabase>;
  /** Lets time pass for every row: what is moved back by `secs` looks `secs` older. */
  age(secs: number): Promise<void>;
  /** Where the program finds the database; undefined on the embedded one, which lives in memory here. */
  readonly url: string | undefined;
  drop(): Promise<void>;
}

const AGE = `
  UPDATE limit_windows SET hits = ARRAY(SELECT hit - make_interval(secs => :secs) FROM unnest(hits) WITH ORDINALITY AS h(hit, n) ORDER BY n);
  UPDATE verifications SET created_at = created_at - make_interval(secs => :secs), expires_at = expires_at - make_interval(secs => :secs),
    next_send_at = next_send_at - make_interval(secs => :secs);
  UPDATE messages SET created_at = created_at - make_interval(secs => :secs), lease_until = lease_until - make_interval(secs => :secs), expires_at = expires_at - make_interval(secs => :secs),
    channel_since = channel_since - make_interval(secs => :secs);
  UPDATE phones SET approved_at = approved_at - make_interval(secs => :secs),
    wrong_guesses = ARRAY(SELECT guess - make_interval(secs => :secs) FROM unnest(wrong_guesses) WITH ORDINALITY AS g(guess, n) ORDER BY n);
  UPDATE address_phones SET last_at = last_at - make_interval(secs => :secs);
  UPDATE job_leases SET lease_until = lease_until - make_interval(secs => :secs);
  UPDATE opt_outs SET created_at = created_at - make_interval(secs => :secs);
  UPDATE prefix_budgets SET at = at - make_interval(secs => :secs), blocked_until = blocked_until - make_interval(secs => :secs), probe_at = probe_at - make_interval(secs => :secs),
    forgiven_at = forgiven_at - make_interval(secs => :secs);
  UPDATE send_decisions SET at = at - make_interval(secs => :secs), watch_until = watch_until - make_interval(secs => :secs), approved_at = approved_at - make_interval(secs => :secs);
  UPDATE report_sources SET last_at = last_at - make_interval(secs => :secs);
  UPDATE idempotency_keys SET lease_until = lease_until - make_interval(secs => :secs), expires_at = expires_at - make_interval(secs => :secs)`;

/** The same for a database that the program opened. */
export async function age(database: Database, secs: number): Promise<void> {
  for (const text of AGE.replaceAll(':secs', String(secs)).split(';')) await database.query({ name: '', text }, []);
}

/** An empty, migrated database of its own: on the server of TEST_DATABASE_URL, else embedded. */
export async function openTestDatabase(): Promise<TestDatabase> {
  if (!serverUrl) {
    const database = await EmbeddedDatabase.over(await openFromTemplate());
    return {
      database,
      url: undefined,
      another: () => Promise.resolve(database),
      age: (secs) => age(database, secs),
      drop: () => database.close(),
    };
  }
  const name = `sixdigit_${randomUUID().replaceAll('-', '')}`;
  const admin = (sql: string) => onServer(serverUrl, sql);
  await admin(`CREATE DATABASE ${name} TEMPLATE ${await serverTemplate(serverUrl)}`);
  const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  const opened: PostgresDatabase[] = [];
  const another = async () => {
    const database = await PostgresDatabase.connect(url);
    opened.push(database);
    return database;
  };
  const database = await another();
  return {
    database,
    url,
    another,
    age: (secs) => age(database, secs),
    drop: async () => {
      await Promise.all(opened.map((each) => each.close()));
      await admin(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}
