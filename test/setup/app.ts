import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';

import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config/index.js';
import { JsonLogger } from '../../src/http/index.js';
import type { Source } from '../../src/kernel/index.js';
import { openTestDatabase, serverUrl, type TestDatabase } from './database.js';
import { openFromTemplate } from './pglite-template.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed, where it is JSON. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test asserts what is in it
  readonly body: any;
}

/** The whole program, listening on loopback. */
export interface TestApp {
  readonly app: NestFastifyApplication;
  readonly url: string;
  readonly key: string;
  /** Every line logged so far. */
  readonly log: () => string;
  /** With the API key, unless `headers` say otherwise; JSON in, JSON out. */
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** What `call` authorizes itself with from now on. */
  useKey(key: string): void;
  /** As often as one likes. */
  close(): Promise<void>;
}

const KEY = 'test-key-0123456789abcdef';

/** Starts the program with `env` on top of safe settings, on a free port and a database of its own unless told of others. */
export async function startApp(env: Source = {}, database?: TestDatabase): Promise<TestApp> {
  const dataDir = mkdtempSync(join(tmpdir(), 'sixdigit-app-'));
  const own = database || !serverUrl ? undefined : await openTestDatabase();
  const url = (database ?? own)?.url;
  if (!url && !env.DATA_DIR) await (await openFromTemplate(join(dataDir, 'pg'))).close();
  const lines: string[] = [];
  const sink = new Writable({ write: (chunk, _, done) => (lines.push(String(chunk)), done()) });
  const settings = { NODE_ENV: 'test', DATA_DIR: dataDir, API_KEYS: `tests:${KEY}`, SMS_LOG_LEVEL: 'trace', ...env };
  const config = readConfig({ ...settings, ...(url && { DATABASE_URL: url }) });
  const app = await createApp(config, new JsonLogger(config.logLevel, sink));
  await app.listen(Number(env.PORT ?? 0), '127.0.0.1');
  const close = async () => {
    await app.close();
    await own?.drop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  let closed: Promise<void> | undefined;
  let key = KEY;
  const base = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  return {
    app,
    url: base,
    key: KEY,
    log: () => lines.join(''),
    call: async (method, path, body, headers = {}) => {
      const json: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const response = await fetch(base + path, {
        method,
        body: text,
        headers: { authorization: `Bearer ${key}`, ...json, ...headers },
      });
      return { status: response.status, headers: response.headers, body: read(await response.text()) };
    },
    useKey: (other) => void (key = other),
    close: () => (closed ??= close()),
  };
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
