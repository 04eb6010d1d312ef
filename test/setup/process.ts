import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Source } from '../../src/kernel/index.js';
import type { FakeTwilio } from '../support/index.js';
import type { Answer } from './app.js';
import { openFromTemplate } from './pglite-template.js';

const MAIN = resolve(__dirname, '../../dist/main.js');
const KEY = 'test-key-0123456789abcdef';
const running = new Set<Program>();
const folders: string[] = [];

/** What production cannot do without. */
export const PRODUCTION = {
  NODE_ENV: 'production',
  APP_SECRET: 'hG7q2LxV9sTz4RkW8mYc3NbP6dFj1AeU',
  API_KEYS: `tests:${KEY}`,
};

export const twilioEnv = (twilio: FakeTwilio): Source => ({
  TWILIO_ACCOUNT_SID: twilio.accountSid,
  TWILIO_AUTH_TOKEN: 'test-token',
  TWILIO_FROM_NUMBER: '+15005550006',
  TWILIO_BASE_URL: twilio.url,
});

/** An empty folder that goes when the test does. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sixdigit-process-'));
  folders.push(folder);
  return folder;
}

/** A folder with a migrated, empty database in it: the program starts there several times faster than on a new one. */
export async function dataFolder(): Promise<string> {
  const folder = tempFolder();
  await (await openFromTemplate(join(folder, 'pg'))).close();
  return folder;
}

export interface Exit {
  readonly code: number | null;
  /** Set when the process did not end by itself. */
  readonly signal: NodeJS.Signals | null;
  /** How long it ran. */
  readonly ranMs: number;
}

/** What is changed in the program before it starts: the files of `preload/`. */
export type Preload = 'failpoints' | 'cooldown' | 'clock';

export interface StartOptions {
  readonly cwd?: string;
  readonly preloads?: readonly Preload[];
}

/** The built program as a process of its own. */
export class Program {
  stdout = '';
  stderr = '';
  readonly exit: Promise<Exit>;
  /** How long the start took; rejects with the output when the program ends instead. */
  readonly ready: Promise<number>;
  private readonly child;

  /** With `env` alone, nothing inherited, and in an empty folder, so that no `.env` is read. */
  constructor(env: Source, cwd: string, preloads: readonly Preload[]) {
    const begun = performance.now();
    const args = [...preloads.map((name) => `--import=${resolve(__dirname, `preload/${name}.mjs`)}`), MAIN];
    this.child = spawn(process.execPath, args, { cwd, env: { PATH: process.env.PATH, PORT: '0', ...env } });
    this.child.stderr.on('data', (chunk) => (this.stderr += String(chunk)));
    running.add(this);
    this.exit = once(this.child, 'close').then(([code, signal]) => {
      running.delete(this);
      return { code, signal, ranMs: performance.now() - begun };
    });
    // In development the next steps follow; without them the key would not be known yet.
    const said = env.NODE_ENV === 'production' ? /is ready at .*\n/ : /is ready at [^]*\/ID\/check .*\n/;
    const ready = new Promise<number>((resolve) => {
      this.child.stdout.on('data', (chunk) => {
        this.stdout += String(chunk);
        if (said.test(this.stdout)) resolve(performance.now() - begun);
      });
    });
    const ended = this.exit.then(({ code }) => {
      throw new Error(`The program ended with ${code} before it was ready:\n${this.stdout}${this.stderr}`);
    });
    this.ready = Promise.race([ready, ended]);
    this.ready.catch(() => undefined);
  }

  get pid(): number {
    return this.child.pid ?? NaN;
  }

  /** Where the welcome text says that the program is. */
  get url(): string {
    return / is ready at (\S+)/.exec(this.stdout)?.[1] ?? '';
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** The development key, where there is one. */
  get key(): string {
    return /development API key: (\S+)/.exec(this.stdout)?.[1] ?? KEY;
  }

  async call(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json', ...headers },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    const answer: Answer = { status: response.status, headers: response.headers, body: text && JSON.parse(text) };
    return answer;
  }

  send(phone: string, idempotencyKey?: string): Promise<Answer> {
    const headers: Record<string, string> = idempotencyKey ? { 'idempotency-key': idempotencyKey } : {};
    return this.call('POST', '/v1/verifications', { phone }, headers);
  }

  check(id: string, code: string): Promise<Answer> {
    return this.call('POST', `/v1/verifications/${id}/check`, { code });
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** @returns how it ended @throws when it takes more than 10 seconds */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.signal(signal);
    const exit = await Promise.race([this.exit, sleep(10_000, undefined, { ref: false })]);
    if (!exit) throw new Error(`The program goes on 10 s after ${signal}:\n${this.stdout}${this.stderr}`);
    return exit;
  }
}

/** Not waiting for anything. */
export function launch(env: Source = {}, { cwd = tempFolder(), preloads = [] }: StartOptions = {}): Program {
  return new Program(env, cwd, preloads);
}

/** @throws what the program said, when it ends instead of getting ready */
export async function start(env: Source = {}, options?: StartOptions): Promise<Program> {
  const program = launch(env, options);
  await program.ready;
  return program;
}

/** Ends what is left of the programs of a test, and removes their folders. */
export async function cleanUp(): Promise<void> {
  await Promise.all([...running].map((program) => program.stop('SIGKILL')));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
