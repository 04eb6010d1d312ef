// Who is measured: each a process of its own in front of the same fake provider.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { connected, createDatabase, migrate } from './databases.mjs';
import { launch, programOf, root, tempFolder } from './program.mjs';
import { API_KEY } from './shapes.mjs';

/** Of better-auth's table of pending codes this many are kept for checks: a check reads the whole table. */
const PENDING = 1_000;

export const APP_SECRET = 'hG7q2LxV9sTz4RkW8mYc3NbP6dFj1AeU';

/** Node's settings, as users have them. */
const [, NODE_OPTIONS, MALLOC_ARENA_MAX] = /^ENV NODE_OPTIONS="(.+)" MALLOC_ARENA_MAX=(.+)$/m.exec(
  readFileSync(join(root, 'ops/docker/Dockerfile'), 'utf8'),
);

/** Production's settings; texts by Twilio's wire to the fake. */
export const environment = (fake) => ({
  NODE_ENV: 'production',
  NODE_OPTIONS,
  MALLOC_ARENA_MAX,
  HOST: '127.0.0.1',
  PORT: '0',
  APP_SECRET,
  API_KEYS: `bench:${API_KEY}`,
  SMS_DAILY_COST_LIMIT: '1000000',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'token',
  TWILIO_FROM_NUMBER: '+15005550006',
  TWILIO_BASE_URL: fake.url,
});

export const MAIN = join(root, 'dist/main.js');

async function sixdigit(fake, { env = {}, flags } = {}) {
  const database = await createDatabase();
  const settings = { ...environment(fake), DATABASE_URL: database, ...env };
  // The start that migrates keeps the schema engine in memory; it is the next one that stays for months.
  await (await launch(MAIN, { env: settings })).stop();
  return { name: 'Sixdigit', shape: 'sixdigit', database, program: await launch(MAIN, { env: settings, flags }) };
}

async function embedded(fake) {
  const program = await launch(MAIN, { env: { ...environment(fake), DATA_DIR: tempFolder() } });
  return { name: 'Sixdigit, embedded database', shape: 'sixdigit', program };
}

async function floor(fake, { flags } = {}) {
  const database = await createDatabase();
  await migrate(database);
  const env = { NODE_ENV: 'production', DATABASE_URL: database, PROVIDER_URL: fake.url };
  return { name: 'floor', shape: 'sixdigit', database, program: await launch(programOf('floor.mjs'), { env, flags }) };
}

async function betterAuth(fake) {
  const database = await createDatabase();
  const env = { NODE_ENV: 'production', DATABASE_URL: database, PROVIDER_URL: fake.url };
  const program = await launch(programOf('better-auth.mjs'), { env });
  /** Leaves only `ids` (and `more` rows) pending, else its own earlier starts would slow its checks down. */
  const tidy = (ids) =>
    connected(database, (client) =>
      client.query(`DELETE FROM verification WHERE identifier LIKE '+%' AND NOT identifier = ANY ($1)`, [ids]),
    );
  return { name: 'better-auth', shape: 'betterAuth', database, program, keep: PENDING, tidy };
}

export const contenders = { sixdigit, embedded, floor, betterAuth };
