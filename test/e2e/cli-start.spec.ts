import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { cli, type Said } from '../setup/cli.js';
import { cleanUp, tempFolder } from '../setup/process.js';

jest.setTimeout(120_000);
afterEach(cleanUp);

const ROOT = resolve(__dirname, '../..');
/** What a start is slow by: none of it is needed to say what commands there are, or to ask a program that runs. */
const HEAVY =
  /^(dist\/(?!cli\/|kernel\/|explain\.js|version\.js|[a-z]+\/light\.js)|node_modules\/(@nestjs|@prisma|@aws-sdk|@smithy|@electric-sql|@opentelemetry|pg|twilio|ioredis|rxjs|fastify|undici)\/)/;
/** What entries called light.ts hand on. */
const LIGHT = [
  'dist/admin/hash-password.js',
  'dist/config/config-refusal.js',
  'dist/config/environment-source.js',
  'dist/config/secret-files.js',
  'dist/config/variables/guessed-words.js',
  'dist/http/caller.js',
  'dist/sms/provider/channel.js',
  'dist/webhooks/event-types.js',
];

/** Runs a command. @returns every file that V8 ran a line of, relative to the repository */
async function loadedBy(args: readonly string[], env = {}, stdin = ''): Promise<{ said: Said; files: string[] }> {
  const folder = tempFolder();
  const said = await cli(args, { ...env, NODE_V8_COVERAGE: folder }, stdin);
  const reports = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const scripts = reports.flatMap((text) => (JSON.parse(text) as { result: { url: string }[] }).result);
  const files = scripts.flatMap(({ url }) => (url.startsWith('file:') ? [relative(ROOT, fileURLToPath(url))] : []));
  expect(files).toEqual(expect.arrayContaining(['dist/cli/main.js', 'dist/cli/commands/keys.command.js']));
  return { said, files };
}

const heavy = (files: readonly string[]) => files.filter((file) => HEAVY.test(file) && !LIGHT.includes(file));
const actions = (files: readonly string[]) => files.filter((file) => file.startsWith('dist/cli/actions/'));

it.each<[string, string[], number]>([
  ['the help', ['--help'], 0],
  ['the help of one command', ['keys', 'create', '--help'], 0],
  ['the version', ['--version'], 0],
  ['a completion', ['completion', 'bash'], 0],
  ['an unknown command', ['kyes'], 64],
  ['an unknown option', ['keys', 'list', '--jsno'], 64],
  ['a value that cannot be', ['webhooks', 'create', 'https://shop.example.com', '--events', 'nothing'], 64],
])('%s loads no room of the program, and no action', async (_, args, code) => {
  const { said, files } = await loadedBy(args);
  expect(said.code).toBe(code);
  expect([heavy(files), actions(files)]).toEqual([[], []]);
});

it('a secret is made without the rooms, and a password is hashed without them', async () => {
  const made = await loadedBy(['secret']);
  expect(made.said).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[\w-]{43}\n$/) });
  const hashed = await loadedBy(['secret', '--password'], {}, 'correct horse battery staple\n');
  expect(hashed.said).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\$argon2id\$/) });
  for (const { files } of [made, hashed])
    expect([heavy(files), actions(files)]).toEqual([[], ['dist/cli/actions/secret.js']]);
});

describe('what asks a running program', () => {
  let server: Server;
  let env: Record<string, string>;
  beforeAll(async () => {
    server = createServer((_, response) => {
      // By which an answer is known as Sixdigit's.
      response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'one' });
      response.end('{"providers":[],"attempts":[],"batches":[]}');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    env = { SIXDIGIT_URL: `http://127.0.0.1:${port}`, SIXDIGIT_API_KEY: 'key' };
  });
  afterAll(() => server.close());

  it.each<[string, string[]]>([
    ['providers', ['providers', 'list']],
    ['messages', ['messages', 'show', 'x', '--json']],
    ['batches', ['batches', 'status', 'x', '--json']],
    ['verify', ['verify', 'start', '+14155552671', '--json']],
  ])('%s is not the program itself', async (name, args) => {
    const { said, files } = await loadedBy(args, env);
    expect([said.code, said.stderr]).toEqual([0, '']);
    expect([heavy(files), actions(files)]).toEqual([[], [`dist/cli/actions/${name}.js`]]);
  });
});

it('a command that needs rooms loads them, and only its own action', async () => {
  const { said, files } = await loadedBy(['prices', 'show', '--json']);
  expect([said.code, said.stderr]).toEqual([0, '']);
  expect(files).toContain('dist/sms/index.js');
  expect(actions(files)).toEqual(['dist/cli/actions/prices.js']);
});
