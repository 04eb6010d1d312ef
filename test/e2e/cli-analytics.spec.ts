import { randomUUID } from 'node:crypto';

import type { Source } from '../../src/kernel/index.js';
import { cli } from '../setup/cli.js';
import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { cleanUp, dataFolder, PRODUCTION } from '../setup/process.js';

jest.setTimeout(180_000);

let env: Source;
let database: TestDatabase | undefined;
beforeAll(async () => {
  database = serverUrl ? await openTestDatabase() : undefined;
  env = { ...PRODUCTION, ...(database ? { DATABASE_URL: database.url } : { DATA_DIR: await dataFolder() }) };
});
afterAll(async () => {
  await cleanUp();
  await database?.drop();
});

const onServer = serverUrl ? it : it.skip;
const query = (text: string) => database!.database.query({ name: '', text }, []);

it.each<[string[], RegExp]>([
  [['experiments', 'create', '--variants', 'control=50'], /2 to 5 variants/],
  [['experiments', 'create', '--variants', 'control=50,short=40'], /add up/],
  [['experiments', 'create', '--variants', 'short'], /names and percents/],
  [['experiments', 'create', '--variants', 'control=50,short=50', '--template', 'welcome'], /approvals/],
  [['experiments', 'create', '--variants', 'control=50,nowhere=50'], /no wording/],
  [['experiments', 'create', '--variants', 'control=50,short=50', '--minimum', 'few'], /must be a number/],
  [['analytics', '--by', 'phone'], /by must be of/],
  [['analytics', '--days', '93x'], /--days/],
  [['analytics', '--json', '--csv'], /cannot both/],
])('%j is refused, with how to mend it', async (args, said) => {
  const { code, stdout, stderr } = await cli(args, env);
  expect([code, stdout]).toEqual([64, '']);
  expect(stderr).toMatch(said);
});

it('shows that there is nothing yet', async () => {
  expect((await cli(['experiments', 'list'], env)).stdout).toMatch(/No experiments yet/);
  expect((await cli(['analytics'], env)).stdout).toMatch(/no texts/);
  expect((await cli(['experiments', 'show', randomUUID()], env)).code).toBe(64);
});

onServer('shows and stops an experiment, and writes down who did', async () => {
  const id = randomUUID();
  await query(`INSERT INTO experiments (id, template, running_template, rule, alpha, minimum_sample, created_at, created_by, starts_at, counted_until)
    VALUES ('${id}', 'verification', 'verification', 'stop-losers', 0.05, 500, now(), 'tests', now(), now())`);
  await query(`INSERT INTO experiment_arms (experiment_id, position, name, weight, assigned, accepted, approved)
    VALUES ('${id}', 1, 'control', 50, 2113, 2101, 1470), ('${id}', 2, 'short', 50, 2087, 2080, 1565)`);
  const shown = (await cli(['experiments', 'show', id], env)).stdout;
  expect(shown).toMatch(/short.*2080.*1565.*75\.2 %.*\+5\.3.*winner/);
  expect(shown).toMatch(/"short" is better than all others/);
  const read = JSON.parse((await cli(['experiments', 'show', id, '--json'], env)).stdout) as { proposal: string };
  expect(read.proposal).toBe('short');
  expect(await cli(['experiments', 'stop', id], env)).toMatchObject({ code: 0, stderr: '' });
  expect((await cli(['experiments', 'list'], env)).stdout).toMatch(/stopped/);
  expect(await query('SELECT act, subject, who LIKE $$cli:%$$ AS by_cli FROM admin_audit')).toEqual([
    { act: 'experiment.stop', subject: id, by_cli: true },
  ]);
});

onServer('shows figures as a table, as JSON and as CSV', async () => {
  await query(
    `INSERT INTO analytics_hours SELECT date_trunc('hour', now(), 'UTC'), 'twilio', 'US', 'verification', '', 'sms', 10, 9, 8, 130000, NULL`,
  );
  const args = ['analytics', '--by', 'provider,country', '--days', '2'];
  expect((await cli(args, env)).stdout).toMatch(/twilio.*US.*10.*9.*8.*80\.0 %.*\$0\.1300.*\$0\.0163/);
  expect((await cli([...args, '--csv'], env)).stdout).toMatch(/\r\ntwilio,US,10,9,8,0\.8,,,0\.13,0\.01625\r\n$/);
  const { rows, total } = JSON.parse((await cli([...args, '--json'], env)).stdout) as {
    rows: unknown[];
    total: object;
  };
  expect([rows.length, total]).toEqual([1, expect.objectContaining({ sent: 10, approved: 8 })]);
});
