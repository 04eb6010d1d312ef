import type { Source } from '../../src/kernel/index.js';
import { cli } from '../setup/cli.js';
import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { cleanUp, dataFolder, PRODUCTION } from '../setup/process.js';

jest.setTimeout(120_000);

let env: Source;
let database: TestDatabase | undefined;
beforeAll(async () => {
  database = serverUrl ? await openTestDatabase() : undefined;
  env = {
    ...PRODUCTION,
    ...(database ? { DATABASE_URL: database.url } : { DATA_DIR: await dataFolder() }),
    SMS_PROVIDERS: 'twilio,http',
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: 'token',
    TWILIO_FROM_NUMBER: '+15005550006',
    SMS_HTTP_URL: 'https://sms.example.com/send',
  };
});
afterAll(async () => {
  await cleanUp();
  await database?.drop();
});

const routes = (...args: string[]) => cli(['routes', ...args], env);

it('routes are set, listed, explained and unset by the command line', async () => {
  expect(await routes('set', '--country', 'us', '--providers', 'http,twilio')).toMatchObject({
    code: 0,
    stdout: 'set\n',
  });
  expect((await routes('list')).stdout).toMatch(/US +any +any +http, then twilio +cli:/);
  const why = await routes('why', '+14155552671');
  expect(why.code).toBe(0);
  expect(why.stdout).toMatch(/^US, sms: by rule\n/);
  expect(why.stdout).toMatch(/A rule \(cli:\w+\) says http, then twilio; nobody else is asked\./);
  expect(why.stdout + why.stderr).not.toContain('4155552671');
  expect(JSON.parse((await routes('why', '+447400123456', '--json')).stdout)).toMatchObject({
    country: 'GB',
    by: 'preference',
  });
  expect(await routes('unset', '--country', 'US')).toMatchObject({ code: 0 });
  expect((await routes('list', '--json')).stdout).toContain('"rules":[]');
});

it.each<[string[], number, RegExp]>([
  [['set', '--country', 'US', '--providers', 'nexmo'], 64, /"nexmo" in providers is no provider that is configured/],
  [['set', '--exclude', 'twilio,http'], 64, /nobody would be left/],
  [['set', '--country', 'US'], 64, /one of providers, exclude, learn/],
  [['unset', '--country', 'FR'], 64, /no rule for exactly these texts/],
  [['why'], 64, /Name either a phone or a --message/],
  [['why', 'nobody'], 64, /digits/],
])('%j is refused', async (args, code, words) => {
  const said = await routes(...args);
  expect(said.stderr).toMatch(words);
  expect(said.code).toBe(code);
});
