import { Client, DatabaseError } from 'pg';

import { migrationState } from '../../prisma/index.js';
import type { Check } from '../check.js';
import { fault, ok, skipped, warning, type Said } from '../finding.js';
import type { Subject } from '../subject.js';
import { migrationFindings } from './migrations.js';
import { poolerFindings } from './pooler.js';

const CONNECT_MS = 3_000;
const QUERY_MS = 3_000;
/** The oldest that the suite runs on. */
const OLDEST = 15;

/** The same start-up parameters as the program's own connections: a pooler that refuses those refuses these. */
export async function connectTo(connectionString: string, signal: AbortSignal): Promise<Client> {
  const client = new Client({
    connectionString,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: QUERY_MS,
    statement_timeout: QUERY_MS,
    application_name: 'sixdigit',
  });
  client.on('error', () => undefined); // told by the query that meets it
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection;
  signal.addEventListener('abort', () => stream.destroy(), { once: true });
  await client.connect();
  return client;
}

export function postgresCheck(subject: Subject, url: string, connections: number): Check {
  return {
    group: 'storage',
    name: 'database',
    run: async (signal) => {
      const where = placeOf(url);
      let client: Client | undefined;
      try {
        client = await connectTo(url, signal);
        const begun = new Date();
        const { rows } = await client.query<Facts>(FACTS);
        const facts = rows[0]!;
        const took = Date.now() - begun.getTime();
        const ours = new Date(begun.getTime() + took / 2);
        subject.clocks.push({ whose: 'database', theirs: facts.now, ours, exactToMs: took / 2 });
        const query = async (sql: string) => (await client!.query<never>(sql)).rows;
        return [
          versionFinding(facts, where),
          ...(facts.readonly === 'on' || facts.standby
            ? [fault('database', 'it only reads: a standby, or read-only', 'Write the primary into DATABASE_URL.')]
            : []),
          connectionFinding(facts, connections),
          ...migrationFindings(await migrationState(query)),
          ...(await poolerFindings(client, () => connectTo(url, signal))),
        ];
      } catch (error) {
        return [failure(error, where), skipped('migrations', 'the database was not reached')];
      } finally {
        void client?.end().catch(() => undefined);
      }
    },
  };
}

interface Facts {
  readonly now: Date;
  readonly version: string;
  readonly readonly: string;
  readonly standby: boolean;
  readonly max: number;
  readonly kept: number;
  readonly used: number;
  readonly limit: number;
}

/** Of the role and of the database, the lower limit; -1 is none. */
const FACTS = `SELECT clock_timestamp() AS now, current_setting('server_version') AS version,
  current_setting('transaction_read_only') AS readonly, pg_is_in_recovery() AS standby,
  current_setting('max_connections')::int AS max, current_setting('superuser_reserved_connections')::int AS kept,
  (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'sixdigit') AS used,
  (SELECT COALESCE(min(l), -1) FROM (SELECT rolconnlimit AS l FROM pg_roles WHERE rolname = current_user
    UNION ALL SELECT datconnlimit FROM pg_database WHERE datname = current_database()) AS limits WHERE l >= 0) AS "limit"`;

function versionFinding({ version }: Facts, where: string): Said {
  const major = Number.parseInt(version, 10);
  if (major < OLDEST)
    return warning(
      'database',
      `PostgreSQL ${version} at ${where}: older than what this is tested on`,
      `Upgrade it to ${OLDEST} or newer.`,
    );
  return ok('database', `PostgreSQL ${version.split(' ')[0]} at ${where}`);
}

function connectionFinding({ max, kept, used, limit }: Facts, wanted: number): Said {
  const most = Math.min(max - kept, limit >= 0 ? limit : Infinity);
  const free = Math.max(most - used, 0);
  const name = 'connections';
  const found = `DATABASE_MAX_CONNECTIONS is ${wanted}; the server gives ${most}, ${used} are in use by others`;
  // One more: migrations have a connection of their own.
  if (wanted + 1 > most)
    return fault(
      name,
      found,
      `Set DATABASE_MAX_CONNECTIONS to ${Math.max(most - 1, 1)} at most, or raise the limit of the server.`,
    );
  if (wanted + 1 > free)
    return warning(
      name,
      found,
      `Lower DATABASE_MAX_CONNECTIONS to ${Math.max(free - 1, 1)}, end what is idle, or raise max_connections.`,
    );
  return ok(name, `${found}: enough for ${Math.floor(free / (wanted + 1))} instance(s)`);
}

/** Without user and password. */
function placeOf(url: string): string {
  if (!URL.canParse(url)) return 'DATABASE_URL';
  const { hostname, port, pathname } = new URL(url);
  return `${hostname || 'a socket'}:${port || 5432}${pathname}`;
}

const MENDS: Readonly<Record<string, readonly [string, string]>> = {
  ENOTFOUND: ['its host is not known', 'Correct the host in DATABASE_URL.'],
  EAI_AGAIN: [
    'its host cannot be looked up now',
    'Look at the DNS of this machine, or correct the host in DATABASE_URL.',
  ],
  ECONNREFUSED: ['nobody listens there', 'Start PostgreSQL, or correct host and port in DATABASE_URL.'],
  EHOSTUNREACH: ['there is no way to it', 'Look at networks and firewalls between this machine and it.'],
  ENETUNREACH: ['there is no way to it', 'Look at networks and firewalls between this machine and it.'],
  ECONNRESET: ['it hung up', 'Look whether that port is PostgreSQL, and whether it wants TLS: ?sslmode=verify-full'],
  '28P01': [
    'it refuses the password',
    'Correct user and password in DATABASE_URL; write signs as %40 for @, %2F for /.',
  ],
  '28000': [
    'it lets this user not in',
    'Add a line for it to pg_hba.conf, or add ?sslmode=verify-full where TLS is wanted.',
  ],
  '3D000': ['there is no such database', 'Make it: createdb NAME, as DATABASE_URL names it.'],
  '42501': ['this user may not read what it needs', 'Make this user the owner of the database.'],
  '53300': ['all its connections are taken', 'Lower DATABASE_MAX_CONNECTIONS of what runs, or raise max_connections.'],
  '57P03': ['it is starting up', 'Wait, and run this again.'],
};

function failure(error: unknown, where: string): Said {
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  const known = MENDS[code ?? ''];
  if (known) return fault('database', `${where}: ${known[0]}`, known[1]);
  if (/unsupported startup parameter/.test(message ?? ''))
    return fault(
      'database',
      `${where}: a pooler refuses the parameters that the program begins with`,
      'Write ignore_startup_parameters = statement_timeout into pgbouncer.ini.',
    );
  if (/timeout|terminated|Connection ended/i.test(message ?? ''))
    return fault(
      'database',
      `${where}: no answer within ${CONNECT_MS / 1_000} s`,
      'Look whether PostgreSQL is up, and at firewalls between this machine and it.',
    );
  if (/certificate|self.signed|SSL/i.test(`${code} ${message}`))
    return fault(
      'database',
      `${where}: its TLS is not as DATABASE_URL wants it (${code ?? 'no TLS there'})`,
      'Correct sslmode in DATABASE_URL, and name its authority by sslrootcert=FILE.',
    );
  const word = error instanceof DatabaseError ? `SQLSTATE ${code}` : (code ?? 'unknown');
  return fault('database', `${where}: it cannot be used (${word})`, 'Try the same address by psql, which says more.');
}
