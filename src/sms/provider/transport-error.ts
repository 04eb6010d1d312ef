import type { ProviderFault } from './provider-error.js';

/** An HTTP exchange that gave no whole answer. Its message is safe to log: no address, no payload, no header. */
export class TransportError extends Error {
  override readonly name = 'TransportError';

  constructor(
    /** Whether the request may have reached the other side: false only when no connection was there to write it to. */
    readonly written: boolean,
    /** One short word or code, such as `ECONNREFUSED`, `deadline` or `reset`. */
    readonly reason: string,
  ) {
    super(`${written ? 'Written, no whole answer' : 'Not written'}: ${reason}.`);
  }
}

/** What a lost exchange means for the text it carried. */
export function faultOfTransport(error: TransportError): ProviderFault {
  return error.written ? 'unconfirmed' : 'unreachable';
}

/**
 * The reading of a status that all providers share; undefined for 2xx and for the other 4xx, which are the adapter's
 * to judge. A redirect is never followed, and what its sender did with the text cannot be known.
 */
export function faultOfStatus(status: number): ProviderFault | undefined {
  if (status === 429) return 'throttled';
  if (status === 401 || status === 403) return 'misconfigured';
  if (status >= 500 || (status >= 300 && status < 400)) return 'unconfirmed';
  return undefined;
}
