import { Pool } from 'undici';

import { Exchange, type HttpResponse } from './http-exchange.js';
import { TransportError } from './transport-error.js';

export type { HttpResponse };

export interface HttpClientOptions {
  /** Sockets to one origin; beyond them requests wait, within their deadline. */
  readonly connections?: number;
  /** An answer longer than this is cut off and lost. */
  readonly maxBodyBytes?: number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The one deadline over connect, write, headers and body. */
  readonly signal: AbortSignal;
}

/** A connect that takes longer is lost: the third SYN has gone unanswered. Well above any deadline of a normal send. */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * One request, one answer, over wide keep-alive pools. Follows no redirect, inflates nothing, and writes no request a
 * second time, whatever the connection does.
 */
export class HttpClient {
  /** One an origin. undici's Agent keeps the same, but takes a quarter more CPU for every request. */
  readonly #pools = new Map<string, Pool>();
  readonly #connections: number;
  readonly #maxBodyBytes: number;

  constructor({ connections = 1024, maxBodyBytes = 65_536 }: HttpClientOptions = {}) {
    this.#connections = connections;
    this.#maxBodyBytes = maxBodyBytes;
  }

  /** @throws {TransportError} and nothing else, when no whole answer came. Any status is an answer. */
  request({ method, url, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    const exchange = new Exchange(signal, this.#maxBodyBytes);
    if (signal.aborted) return exchange.answer;
    try {
      const { origin, pathname, search } = new URL(url);
      // Not idempotent, even for GET: a gateway's GET sends a text.
      this.#poolTo(origin).dispatch({ path: pathname + search, method, headers, body, idempotent: false }, exchange);
    } catch {
      exchange.fail(new TransportError(false, 'bad request'));
    }
    return exchange.answer;
  }

  /** Lets the exchanges under way end, then closes every connection. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
  }

  #poolTo(origin: string): Pool {
    let pool = this.#pools.get(origin);
    if (!pool) {
      const untimed = { headersTimeout: 0, bodyTimeout: 0 }; // the signal is the one deadline
      const [connections, connectTimeout] = [this.#connections, CONNECT_TIMEOUT_MS];
      pool = new Pool(origin, { connections, pipelining: 1, connectTimeout, ...untimed });
      this.#pools.set(origin, pool);
    }
    return pool;
  }
}
