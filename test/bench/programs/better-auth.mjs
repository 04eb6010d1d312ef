// better-auth's phone-number plugin as its documentation sets it up, over PostgreSQL, its own rate limit off, its texts by
// the same undici POST to the same fake.
import { createServer } from 'node:http';

import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { phoneNumber } from 'better-auth/plugins';
import pg from 'pg';
import { Pool } from 'undici';

const account = `AC${'0'.repeat(32)}`;
const provider = new Pool(process.env.PROVIDER_URL, { connections: 1_024, pipelining: 1 });

async function sendOTP({ phoneNumber: To, code }) {
  const Body = `${code} is your Sixdigit code. It expires in 10 min. Do not share it.`;
  const { statusCode, body } = await provider.request({
    path: `/2010-04-01/Accounts/${account}/Messages.json`,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ To, Body, From: '+15005550006' }).toString(),
  });
  await body.text();
  if (statusCode !== 201) throw new Error(`the provider answered ${statusCode}`);
}

const options = {
  database: new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 8 }),
  secret: 'bench-secret-0123456789-0123456789-0123456789',
  baseURL: 'http://127.0.0.1',
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { disabled: true },
  plugins: [
    phoneNumber({
      sendOTP,
      otpLength: 6,
      expiresIn: 600,
      allowedAttempts: 5,
      signUpOnVerification: { getTempEmail: (phone) => `${phone.slice(1)}@bench.invalid` },
    }),
  ],
};
await (await getMigrations(options)).runMigrations();
const server = createServer(toNodeHandler(betterAuth(options)));
server.listen(0, '127.0.0.1', () => console.log(`better-auth is ready at http://127.0.0.1:${server.address().port} `));
