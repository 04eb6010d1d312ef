import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Accepting, Refusing } from './fake-behaviour.js';
import { type Answer, send } from './wire.js';

const HUGE = 100 * 1024 * 1024;
const HTML = '<!doctype html><html><body><h1>Sign in to continue</h1></body></html>';

export interface ErrorHint {
  readonly code?: string;
  readonly status?: number;
}

export interface Exchange {
  readonly res: ServerResponse;
  /** Aborted when the connection of this exchange is over, so that no timer outlives it. */
  readonly gone: AbortSignal;
  readonly reset: () => void;
  readonly renderError: (hint: ErrorHint) => Answer;
  readonly onStreamed: (bytes: number) => void;
}

export function playRefusal(behaviour: Refusing, { res, renderError }: Exchange): void {
  switch (behaviour.kind) {
    case 'status':
      return send(res, { status: behaviour.status, headers: behaviour.headers, body: behaviour.body ?? '' });
    case 'reject':
      return send(res, renderError(behaviour));
    case 'redirect':
      return send(res, { status: behaviour.status ?? 307, headers: { location: behaviour.location }, body: '' });
    case 'blackhole':
      res.socket?.pause();
  }
}

/** `good` is the provider's normal answer, already in the ledger. */
export async function playAcceptance(behaviour: Accepting, good: Answer, exchange: Exchange): Promise<void> {
  const { res, gone } = exchange;
  switch (behaviour.kind) {
    case 'ok':
    case 'bad-id':
      return send(res, good);
    case 'latency':
      await sleep(behaviour.ms, undefined, { signal: gone });
      return send(res, good);
    case 'accept-then-status':
      return send(res, exchange.renderError({ status: behaviour.status }));
    case 'accept-then-silence':
      return;
    case 'accept-then-reset':
      return exchange.reset();
    case 'reset-mid-body':
      return resetMidBody(good, exchange);
    case 'slow-loris':
      return dribble(good, exchange);
    case 'html':
      return send(res, { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: HTML });
    case 'huge-body':
      return flood(good, exchange);
    case 'gzip-bomb':
      res.writeHead(200, { ...good.headers, 'content-encoding': 'gzip' }).end(await gzipBomb());
  }
}

async function resetMidBody(good: Answer, { res, gone, reset }: Exchange): Promise<void> {
  const body = Buffer.from(good.body);
  res.writeHead(good.status, { ...good.headers, 'content-length': body.length });
  res.write(body.subarray(0, body.length >> 1));
  // A reset that overtakes the half body would throw it away unread.
  await sleep(50, undefined, { signal: gone });
  reset();
}

async function dribble(good: Answer, { res, gone }: Exchange): Promise<void> {
  const body = Buffer.from(good.body);
  res.writeHead(good.status, { ...good.headers });
  for (let i = 0; ; i += 1) {
    res.write(i < body.length ? body.subarray(i, i + 1) : ' ');
    await sleep(100, undefined, { signal: gone });
  }
}

async function flood(good: Answer, { res, gone, onStreamed }: Exchange): Promise<void> {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  res.writeHead(200, { ...good.headers });
  for (let sent = 0; sent < HUGE && !gone.aborted; sent += chunk.length) {
    onStreamed(chunk.length);
    if (!res.write(chunk)) await once(res, 'drain', { signal: gone });
  }
  res.end();
}

let bomb: Promise<Buffer> | undefined;
const gzipBomb = (): Promise<Buffer> => (bomb ??= promisify(gzip)(Buffer.alloc(HUGE, ' ')));
