import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { freePort } from '../setup/free-port.js';
import { cleanUp, PRODUCTION, tempFolder, twilioEnv } from '../setup/process.js';
import { FakeTwilio } from '../support/index.js';

jest.setTimeout(900_000);

const NOBODY = 65_534;
const ignored = readFileSync('ops/docker/Dockerfile.dockerignore', 'utf8')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'));
/** What would be sent to a builder. */
const context = () =>
  execFileSync('git', ['ls-files'], { encoding: 'utf8' })
    .split('\n')
    .filter(
      (path) => path && existsSync(path) && !ignored.some((each) => path === each || path.startsWith(`${each}/`)),
    );

interface Stage {
  readonly name: string;
  readonly root: string;
  readonly env: Record<string, string>;
  command: readonly string[];
}

/** Does what the Dockerfile says, each stage in a folder of its own; the image that they begin with is this machine. */
function build(folder: string): Stage {
  const stages: Stage[] = [];
  const lines = readFileSync('ops/docker/Dockerfile', 'utf8').split('\n');
  for (const line of lines) {
    const [, word, rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    const stage = stages.at(-1);
    if (word === 'FROM') {
      const name = / AS (\w+)$/.exec(rest)?.[1] ?? 'last';
      const root = join(folder, name);
      mkdirSync(root, { recursive: true });
      stages.push({ name, root, env: {}, command: [] });
    }
    if (!stage) continue;
    if (word === 'ENV') for (const pair of rest.split(' ')) stage.env[pair.split('=')[0]!] = pair.split('=')[1]!;
    if (word === 'COPY') copy(rest, stage, stages);
    if (word === 'RUN') run(rest, stage, folder);
    if (word === 'CMD') stage.command = JSON.parse(rest) as string[];
  }
  return stages.at(-1)!;
}

function copy(rest: string, stage: Stage, stages: readonly Stage[]): void {
  const from = /^--from=(\w+) /.exec(rest)?.[1];
  const words = rest.replace(/^--from=\w+ /, '').split(' ');
  const target = words.pop()!;
  for (const word of words) {
    if (from) {
      const { root } = stages.find(({ name }) => name === from)!;
      cpSync(join(root, word.replace('/app/', '')), join(stage.root, target), { recursive: true });
      continue;
    }
    for (const path of context().filter((each) => word === '.' || each === word || each.startsWith(`${word}/`))) {
      const at = word === '.' || target.endsWith('/') ? path : path.replace(word, target);
      mkdirSync(dirname(join(stage.root, at)), { recursive: true });
      cpSync(path, join(stage.root, at));
    }
  }
}

function run(command: string, stage: Stage, folder: string): void {
  const here = command.replaceAll('/data', join(folder, 'data')).replace('-o node -g node', '');
  const { PATH, HOME } = process.env;
  // Its own cache, because the packages' stage empties it.
  const env = {
    PATH,
    HOME,
    npm_config_cache: join(folder, 'cache'),
    npm_config_registry: process.env.npm_config_registry,
  };
  const { status, stdout, stderr } = spawnSync('bash', ['-c', here], { cwd: stage.root, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}\n${stdout}${stderr}`);
}

/** Takes minutes and the registry of npm, so only who asks for it gets it. */
(process.env.TEST_IMAGE ? describe : describe.skip)('the image, step by step, without an engine', () => {
  it('is made, runs as nobody on a tree that it cannot write, is healthy, and ends when it is told to', async () => {
    const folder = tempFolder();
    chmodSync(folder, 0o755);
    const { root, env: own, command } = build(folder);
    const data = join(folder, 'data');
    const asRoot = process.getuid?.() === 0;
    if (asRoot) chownSync(data, NOBODY, NOBODY);
    execFileSync('chmod', ['-R', 'a-w,a+rX', root]);
    const size = execFileSync('du', ['-sm', root], { encoding: 'utf8' }).split('\t')[0];
    for (const name of ['typescript', 'prisma', 'react'])
      expect(existsSync(join(root, 'node_modules', name))).toBe(false);
    // 312 on x64; what only an optional peer asks for was as much again.
    expect(Number(size)).toBeLessThan(400);
    expect(existsSync(join(root, 'test'))).toBe(false);

    const twilio = await FakeTwilio.start();
    const env = {
      PATH: process.env.PATH,
      ...own,
      ...PRODUCTION,
      ...twilioEnv(twilio),
      DATA_DIR: data,
      PORT: String(await freePort()),
    };
    const as = asRoot ? { uid: NOBODY, gid: NOBODY } : {};
    const program = spawn(process.execPath, command.slice(1), { cwd: root, env, ...as });
    let said = '';
    for (const stream of [program.stdout, program.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
    for (const end = Date.now() + 60_000; !/is ready at/.test(said); await sleep(100))
      if (Date.now() > end || program.exitCode !== null) throw new Error(said);
    const check = () => spawnSync(process.execPath, ['ops/docker/healthcheck.mjs'], { cwd: root, env, ...as }).status;
    expect(check()).toBe(0);
    const exit = once(program, 'exit');
    program.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(check()).toBe(1);
    console.info(`${size} MB in ${resolve(root)}`);
    await twilio.close();
    execFileSync('chmod', ['-R', 'u+w', root]);
    await cleanUp();
  });
});
