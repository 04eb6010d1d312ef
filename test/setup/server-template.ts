import { Client } from 'pg';

import { PostgresDatabase } from '../../src/prisma/index.js';
import { migrations } from './pglite-template.js';

const NAME = `sixdigit_template_${migrations}`;
/** Any number that nobody else locks. */
const LOCK = 6_601_771;

let made: Promise<void> | undefined;

/**
 * A migrated, empty database on the server, of which copies are made: a copy takes a tenth of what migrating does. It stays there
 * for the next run.
 */
export async function serverTemplate(server: string): Promise<string> {
  await (made ??= make(server));
  return NAME;
}

/** One statement by itself. */
export function onServer(server: string, sql: string): Promise<void> {
  return connected(server, async (client) => void (await client.query(sql)));
}

function make(server: string): Promise<void> {
  return connected(server, async (client) => {
    await client.query(`SELECT pg_advisory_lock(${LOCK})`); // suites run side by side; freed with the connection
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [NAME]);
    if (found.rowCount) return;
    // Under another name until it is whole.
    await client.query(`DROP DATABASE IF EXISTS ${NAME}_new`);
    await client.query(`CREATE DATABASE ${NAME}_new`);
    const url = Object.assign(new URL(server), { pathname: `/${NAME}_new` }).href;
    await (await PostgresDatabase.connect(url)).close();
    await client.query(`ALTER DATABASE ${NAME}_new RENAME TO ${NAME}`);
  });
}

async function connected<T>(server: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: server });
  await client.connect();
  return work(client).finally(() => client.end());
}
