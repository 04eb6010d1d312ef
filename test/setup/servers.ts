import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { freePort } from './free-port.js';

const START_MS = 20_000;
const running = new Set<OwnServer>();
process.once('exit', () => running.forEach((server) => server.kill()));

/** A server of a test's own, to be stopped, paused and started again; always on the same port. */
export interface OwnServer {
  readonly url: string;
  /** @param options of the command line, beyond its own, for this time */
  start(...options: readonly string[]): Promise<void>;
  /** At once, as a crash would: what was not written down is lost. */
  stop(): Promise<void>;
  /** Takes connections and answers nothing. */
  pause(): void;
  resume(): void;
  /** Without waiting. */
  kill(): void;
  /** Ends it for good and removes its files. */
  close(): Promise<void>;
}

/** Where a program is; undefined when it is not installed. */
function find(name: string): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return folders.map((folder) => join(folder, name)).find(existsSync);
}

/** `describe`, or `describe.skip` where one of the programs is missing; in CI none may. */
function where(...programs: readonly string[]): typeof describe {
  const missing = programs.filter((name) => !find(name));
  if (missing.length === 0 || process.env.CI !== undefined) return describe;
  console.warn(`${missing.join(', ')} not installed: what stops and crashes it is skipped.`);
  return describe.skip;
}
export const onOwnPostgres = where('initdb', 'postgres');
export const onOwnRedis = where('redis-server');

/** PostgreSQL refuses to be run by root. */
function unprivileged(): { uid: number; gid: number } | object {
  if (process.getuid?.() !== 0) return {};
  const [, , uid, gid] = /^postgres:.*$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0].split(':') ?? [];
  if (!uid || !gid) throw new Error('PostgreSQL does not run as root, and there is no user "postgres" to run it as.');
  return { uid: Number(uid), gid: Number(gid) };
}

class Server implements OwnServer {
  private child: ChildProcess | undefined;

  constructor(
    readonly url: string,
    private readonly folder: string,
    private readonly spec: {
      readonly command: string;
      readonly args: readonly string[];
      readonly ready: RegExp;
      readonly crash: NodeJS.Signals;
      /** Who runs it: undefined, ourselves. */
      readonly user?: object;
    },
  ) {}

  async start(...options: readonly string[]): Promise<void> {
    const { command, args, ready, user } = this.spec;
    const child = spawn(command, [...args, ...options], {
      ...user,
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    running.add(this);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
    for (const end = performance.now() + START_MS; !ready.test(said); await sleep(20)) {
      if (performance.now() > end || child.exitCode !== null) throw new Error(`${command} did not start:\n${said}`);
    }
    said = '';
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    this.resume();
    const exit = once(child, 'exit');
    child.kill(this.spec.crash);
    const gone = await Promise.race([exit, sleep(5_000, undefined, { ref: false })]);
    if (gone) return;
    this.kill();
    await exit;
  }

  pause(): void {
    this.signalAll('SIGSTOP');
  }

  resume(): void {
    this.signalAll('SIGCONT');
  }

  kill(): void {
    this.signalAll('SIGKILL');
  }

  async close(): Promise<void> {
    await this.stop();
    running.delete(this);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The parent first, so that it makes no more children meanwhile. */
  private signalAll(signal: NodeJS.Signals): void {
    const { child } = this;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    for (const pid of childrenOf(child.pid)) {
      try {
        process.kill(pid, signal);
      } catch {
        // it ended meanwhile
      }
    }
  }
}

function childrenOf(pid: number): number[] {
  const children = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(children)) return [];
  return (readFileSync(children, 'utf8').match(/\d+/g) ?? []).map(Number);
}

const ownFolder = (name: string) => mkdtempSync(join(tmpdir(), `sixdigit-${name}-`));

/** An empty PostgreSQL, its fsync on, because it is to be crashed. @throws when it is not installed */
export async function startPostgres(): Promise<OwnServer> {
  const [initdb, postgres] = [find('initdb'), find('postgres')];
  if (!initdb || !postgres) throw new Error('PostgreSQL (initdb, postgres) is not installed.');
  const folder = ownFolder('postgres');
  const user = unprivileged();
  if ('uid' in user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const made = spawnSync(
    initdb,
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-instructions', '--no-sync'],
    { ...user, cwd: folder, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb failed:\n${made.stdout}${made.stderr}`);
  const port = await freePort();
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '16MB',
    max_connections: 100,
  };
  const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  return started(
    new Server(`postgresql://postgres@127.0.0.1:${port}/postgres`, folder, {
      command: postgres,
      args,
      ready: /ready to accept connections/,
      user,
      crash: 'SIGQUIT', // "immediate": no checkpoint, nothing is said to clients
    }),
  );
}

/** For `startRedis`: what it answered to is on its disk, and there again after a crash. */
export const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always'] as const;

/** A Redis that keeps nothing when it stops, unless the options say so. @throws when it is not installed */
export async function startRedis(...options: readonly string[]): Promise<OwnServer> {
  const command = find('redis-server');
  if (!command) throw new Error('redis-server is not installed.');
  const folder = ownFolder('redis');
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...options];
  return started(
    new Server(`redis://127.0.0.1:${port}`, folder, {
      command,
      args,
      ready: /Ready to accept connections/,
      crash: 'SIGKILL',
    }),
  );
}

async function started(server: Server): Promise<OwnServer> {
  await server.start().catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  return server;
}
