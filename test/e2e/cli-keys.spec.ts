import { verify } from '@node-rs/argon2';

import type { Source } from '../../src/kernel/index.js';
import { cli } from '../setup/cli.js';
import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { cleanUp, dataFolder, PRODUCTION, start, type Program } from '../setup/process.js';

jest.setTimeout(120_000);

describe('keys by the command line', () => {
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

  const keys = (...args: string[]) => cli(['keys', ...args], env);
  const by = (program: Program, key: string) =>
    program.call('GET', '/v1/verifications/nothing', undefined, { authorization: `Bearer ${key}` });

  it('are made, let in by the program, listed and revoked', async () => {
    const made = await keys('create', '--name', 'shop', '--scopes', 'verify,message', '--expires', '90d', '--json');
    expect([made.code, made.stderr]).toEqual([0, '']);
    const { id, key, ...more } = JSON.parse(made.stdout) as Record<string, string>;
    expect(more).toMatchObject({ name: 'shop', hint: key?.slice(-4), scopes: ['verify', 'message'] });
    expect(more.createdBy).toMatch(/^cli:./);
    const days = (Date.parse(more.expiresAt ?? '') - Date.now()) / 86_400_000;
    expect(days).toBeCloseTo(90, 1);

    const program = await start(env);
    expect((await by(program, key ?? '')).status).toBe(404);
    if (!database) await program.stop();

    const listed = await keys('list');
    expect(listed.stdout).toMatch(new RegExp(`${id}.*shop.*…${more.hint}.*verify message`));
    expect(listed.stdout + listed.stderr).not.toContain(key);
    expect(JSON.parse((await keys('list', '--json')).stdout)).toEqual([expect.objectContaining({ id, name: 'shop' })]);

    expect(await keys('revoke', id ?? '')).toMatchObject({ code: 0, stderr: '' });
    const after = database ? program : await start(env);
    let status = 0;
    for (const end = Date.now() + 20_000; Date.now() < end && status !== 401; )
      status = (await by(after, key ?? '')).status;
    expect(status).toBe(401);
    await after.stop();
  });

  it('is told a key once, for people, with what to do next', async () => {
    const { stdout, code } = await keys('create', '--name', 'desk');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^sk_[\w-]{43}\n/);
    expect(stdout).toMatch(/npm run cli -- keys revoke [0-9a-f-]{36}\n/);
  });

  it.each<[string, string[], RegExp]>([
    ['a name that is taken', ['create', '--name', 'desk'], /There is a key called "desk" already\.\nTake another name/],
    ['a name of API_KEYS', ['create', '--name', 'tests'], /There is a key called "tests" already\./],
    ['a bad name', ['create', '--name', 'My Shop'], /--name must be .*\nWrite it like --name shop/],
    ['no name', ['create'], /required option '--name <name>' not specified/],
    ['a bad scope', ['create', '--name', 'x', '--scopes', 'root'], /--scopes must be of verify, message, admin\.\n/],
    [
      'a bad expiry',
      ['create', '--name', 'x', '--expires', 'soon'],
      /--expires must be .*\nWrite it like --expires 90d/,
    ],
    ['an unknown id', ['revoke', '7f3c1e2a-0000-4000-8000-123456789012'], /There is no such API key\.\n/],
    ['an unknown command', ['forget'], /unknown command 'forget'/],
  ])('is told what is wrong with %s, and how to mend it', async (_, args, message) => {
    const { code, stdout, stderr } = await keys(...args);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toMatch(message);
    expect(stdout + stderr).not.toMatch(/\n +at |node_modules/);
  });

  (serverUrl ? it.skip : it)('says who has the embedded database', async () => {
    const program = await start(env);
    const { code, stderr } = await keys('list');
    expect([code, stderr]).toEqual([69, expect.stringContaining(`is in use by process ${program.pid}`)]);
    expect(stderr).not.toMatch(/\n +at /);
    await program.stop();
  });
});

describe('secret --password', () => {
  it('makes of a password what may stand in ADMIN_PASSWORD', async () => {
    const { code, stdout, stderr } = await cli(['secret', '--password'], {}, 'correct horse battery staple\n');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[^$]+\$[^$]+\n$/);
    expect(await verify(stdout.trim(), 'correct horse battery staple')).toBe(true);
  });

  it.each(['', 'short\n', 'Sixdigit-Admin-2026\n'])('refuses %j', async (stdin) => {
    const { code, stdout, stderr } = await cli(['secret', '--password'], {}, stdin);
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toMatch(/^A password needs at least 12 characters(\.| beside words that everybody tries first\.)\n/);
  });
});
