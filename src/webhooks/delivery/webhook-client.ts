import { isIP } from 'node:net';

import { Agent, request } from 'undici';

import type { WebhookAddress } from '../address/webhook-address.js';
import { AddressRefused } from '../webhook.errors.js';

/** What came of one try: a status, or one word for why there is none. */
export type Outcome =
  | { readonly status: number; readonly retryAfter?: string }
  | { readonly status?: undefined; readonly error: string };

/** What is read of an answer, and thrown away. */
const MOST_BYTES = 65_536;
const CONNECT_TIMEOUT_MS = 5_000;
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  UND_ERR_HEADERS_OVERFLOW: 'bad_answer',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
};

/**
 * POSTs to operators' servers. Each connection is to an address that was judged when it was made; no redirect is followed, nothing
 * is inflated, and no request is written twice.
 */
export class WebhookClient {
  private readonly agent: Agent;

  constructor(private readonly address: WebhookAddress) {
    // No answer is awaited longer than the caller's signal says, so undici's own times are off.
    this.agent = new Agent({
      connect: { lookup: address.lookup, timeout: CONNECT_TIMEOUT_MS },
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Never throws. @param signal the one deadline over look-up, connect, write, headers and body */
  async post(
    target: string,
    body: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Outcome> {
    try {
      const url = this.address.read(target);
      // A connection that is still open was judged when it was made; what the name stands for now is judged all the same.
      const host = url.hostname.replace(/^\[|\]$/g, '');
      if (!isIP(host)) await within(signal, this.address.addressesOf(host));
      const answer = await request(url, { method: 'POST', body, headers, signal, dispatcher: this.agent });
      // Its status is all that counts.
      await answer.body.dump({ limit: MOST_BYTES, signal }).catch(() => undefined);
      const retryAfter = answer.headers['retry-after'];
      return { status: answer.statusCode, ...(typeof retryAfter === 'string' && { retryAfter }) };
    } catch (error) {
      return { error: wordFor(error, signal) };
    }
  }

  /** At once: who waits for an answer gets none. */
  close(): Promise<void> {
    return this.agent.destroy();
  }
}

/** Rejects when the signal is aborted first: a resolver may take longer than anybody waits. */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason as Error);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

/** Our own word: errors of connections repeat addresses and names. */
function wordFor(error: unknown, signal: AbortSignal): string {
  if (error instanceof AddressRefused) return error.word;
  if (signal.aborted) return (signal.reason as Error).name === 'TimeoutError' ? 'timeout' : 'aborted';
  const code = String((error as { code?: unknown }).code);
  return WORDS[code] ?? (/^(ERR_TLS|ERR_SSL|CERT|DEPTH|SELF_SIGNED|UNABLE_TO)/.test(code) ? 'tls' : 'failed');
}
