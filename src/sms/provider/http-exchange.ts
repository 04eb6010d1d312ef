import type { Dispatcher } from 'undici';

import { TransportError } from './transport-error.js';

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** undici's and Node's names for a connection that went away. */
const RESETS = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH']);

function reasonOf(error: Error & { code?: unknown }): string {
  const code = typeof error.code === 'string' ? error.code : error.name;
  return RESETS.has(code) ? 'reset' : code;
}

/**
 * One request on its way through undici. undici calls `onRequestStart` when a connection stands (with TLS done) and
 * just before the first byte is written, so whatever fails before that was surely not sent.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<HttpResponse>;
  #resolve!: (response: HttpResponse) => void;
  #reject!: (error: TransportError) => void;
  #settled = false;
  #controller?: Dispatcher.DispatchController;
  #status = 0;
  #headers: HttpResponse['headers'] = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(
    private readonly signal: AbortSignal,
    private readonly maxBodyBytes: number,
  ) {
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (signal.aborted) this.#giveUp();
    else signal.addEventListener('abort', this.#giveUp, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Throwing drops the request and keeps the connection: given up while it was being made, or undici's second try.
    if (this.#settled || this.#controller) throw new Error('not to be written');
    this.#controller = controller;
  }

  /** Also called for 1xx answers; the last call counts. */
  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HttpResponse['headers']): void {
    this.#status = status;
    this.#headers = headers;
    // Nobody asked for any, and what inflates without end is no answer.
    if ((headers['content-encoding'] ?? 'identity') !== 'identity') this.#cutOff('encoded answer');
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.maxBodyBytes) this.#cutOff('body too large');
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#settle()) return;
    this.#resolve({ status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks).toString('utf8') });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.fail(new TransportError(this.#controller !== undefined, reasonOf(error)));
  }

  fail(error: TransportError): void {
    if (this.#settle()) this.#reject(error);
  }

  readonly #giveUp = (): void => {
    this.#cutOff((this.signal.reason as Error | undefined)?.name === 'TimeoutError' ? 'deadline' : 'aborted');
  };

  #cutOff(reason: string): void {
    const error = new TransportError(this.#controller !== undefined, reason);
    this.fail(error);
    this.#controller?.abort(error);
  }

  /** False when it had ended already. */
  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.signal.removeEventListener('abort', this.#giveUp);
    return true;
  }
}
