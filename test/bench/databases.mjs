// Databases of the bench's own on the server of TEST_DATABASE_URL; dropped when it ends.
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Client } from 'pg';

import { root } from './program.mjs';

const CLOCK_TICK_MS = 10;
const server = process.env.TEST_DATABASE_URL ?? 'postgresql://postgres@127.0.0.1:5432/postgres';
const made = new Set();

/** What `work` does with one connection. */
export async function connected(url, work) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** @returns {Promise<string>} its URL */
export async function createDatabase() {
  const name = `sixdigit_bench_${randomUUID().slice(0, 8)}`;
  await connected(server, (client) => client.query(`CREATE DATABASE ${name}`));
  made.add(name);
  return Object.assign(new URL(server), { pathname: `/${name}` }).href;
}

/** The project's migrations, for whoever does not apply them itself. */
export async function migrate(url) {
  const folder = join(root, 'prisma/migrations');
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  await connected(url, async (client) => {
    for (const { name } of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      await client.query(readFileSync(join(folder, name, 'migration.sql'), 'utf8'));
    }
  });
}

/**
 * CPU of every server process of one database, by its id, where the server is on this machine (Linux); else empty.
 * @returns {Promise<Map<number, number>>} milliseconds
 */
export async function serverCpu(url) {
  const query = 'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
  const { rows } = await connected(url, (client) => client.query(query));
  const used = new Map();
  for (const { pid } of rows) {
    try {
      const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13);
      used.set(pid, (Number(user) + Number(system)) * CLOCK_TICK_MS);
    } catch {
      // Not on this machine, or gone meanwhile.
    }
  }
  return used;
}

export const serverVersion = () =>
  connected(server, async (client) => (await client.query('SHOW server_version')).rows[0].server_version);

export async function dropAll() {
  for (const name of made) {
    await connected(server, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    made.delete(name);
  }
}
