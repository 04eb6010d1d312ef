import { Client } from 'pg';

import { randomUUID } from 'node:crypto';

import { readMigrations } from '../../src/prisma/index.js';
import { serverUrl } from '../setup/database.js';
import { cleanUp, PRODUCTION, start, tempFolder, twilioEnv } from '../setup/process.js';
import { FakeTwilio } from '../support/index.js';

jest.setTimeout(240_000);

async function onServer<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return (await client.query<Row & Record<string, unknown>>(sql).finally(() => client.end())).rows;
}

(serverUrl ? describe : describe.skip)('three instances that start at once on an empty database', () => {
  it('apply each migration once, and are all ready', async () => {
    const name = `several_${randomUUID().replaceAll('-', '')}`;
    await onServer(serverUrl!, `CREATE DATABASE ${name}`);
    const DATABASE_URL = Object.assign(new URL(serverUrl!), { pathname: `/${name}` }).href;
    const twilio = await FakeTwilio.start();
    const env = { ...PRODUCTION, ...twilioEnv(twilio), HOST: '127.0.0.1', DATABASE_URL };
    const programs = await Promise.all([1, 2, 3].map(() => start({ ...env, DATA_DIR: tempFolder() })));
    const statuses = await Promise.all(programs.map(async (each) => (await each.call('GET', '/health/ready')).status));
    expect(statuses).toEqual([200, 200, 200]);
    const rows = await onServer<{ name: string; times: number }>(
      DATABASE_URL,
      'SELECT migration_name AS name, count(*)::int AS times FROM _prisma_migrations GROUP BY 1 ORDER BY 1',
    );
    expect(rows).toEqual(readMigrations().migrationDirectories.map(({ path }) => ({ name: path, times: 1 })));
    await cleanUp();
    await onServer(serverUrl!, `DROP DATABASE ${name} WITH (FORCE)`);
    await twilio.close();
  });
});
