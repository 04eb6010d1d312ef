import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ConfigRefusal, readConfig } from './index.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'routes-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const BOTH = {
  SMS_PROVIDERS: 'twilio,http',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'token',
  TWILIO_FROM_NUMBER: '+15005550006',
  SMS_HTTP_URL: 'https://sms.example.com/send',
};
function read(routes: string, env: Record<string, string> = BOTH) {
  const file = join(folder, 'routes.json');
  writeFileSync(file, routes);
  return readConfig({ DATA_DIR: join(folder, 'data'), ROUTES_FILE: file, ...env }).routing;
}
function faults(routes: string, env?: Record<string, string>): readonly string[] {
  try {
    read(routes, env);
  } catch (error) {
    if (error instanceof ConfigRefusal) return error.faults.map(({ name, problem }) => `${name}: ${problem}`);
    throw error;
  }
  return [];
}

it('rules of a file are read, and by default nothing is learned', () => {
  expect(read('{"routes": [{"country": "US", "providers": ["http", "twilio"]}]}')).toEqual({
    mode: 'preference',
    costWeight: 0.1,
    floor: 0.05,
    rules: [{ country: 'US', act: { kind: 'providers', providers: ['http', 'twilio'] }, by: 'file' }],
  });
});

it('the start is refused with every fault of the file and of the variables', () => {
  const env = { ...BOTH, ROUTING: 'best', ROUTING_FLOOR: '60', ROUTING_COST_WEIGHT: '-1' };
  const text = '{"routes": [\n{"providers": ["aws-sns"]},\n{"country": "Deutschland", "learn": true}]}';
  const file = join(folder, 'routes.json');
  expect([...faults(text, env)].sort()).toEqual([
    `ROUTES_FILE: ${file}, line 2: "aws-sns" in providers is no provider that is configured.`,
    `ROUTES_FILE: ${file}, line 3: country is none.`,
    'ROUTING: must be one of preference, shadow, learn.',
    'ROUTING_COST_WEIGHT: must be a number from 0 to 1.',
    'ROUTING_FLOOR: must be a whole number from 1 to 25.',
  ]);
  expect(faults('{}', { ...BOTH, ROUTES_FILE: join(folder, 'none.json') })).toEqual([
    `ROUTES_FILE: ${join(folder, 'none.json')} cannot be read (ENOENT).`,
  ]);
});

it('where nothing leaves, rules may name whoever would carry it', () => {
  const rules = '{"routes": [{"providers": ["aws-sns"]}]}';
  expect(faults(rules, { SMS_SIMULATION_MODE: 'true' })).toEqual([]);
  expect(faults('{"routes": [{"providers": ["nexmo"]}]}', { SMS_SIMULATION_MODE: 'true' })).toHaveLength(1);
});
