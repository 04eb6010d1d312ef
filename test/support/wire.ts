import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Draft } from './ledger.js';

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a provider makes of a request before any behaviour is played. */
export type Verdict =
  | { readonly kind: 'ping'; readonly answer: Answer }
  /** `refusal`: well formed, but this provider says no to it (a magic number, a suspended account). */
  /** An order that is carried out once the fake is well. */
  | { readonly kind: 'order'; readonly answer: Answer; readonly carryOut: () => void }
  | { readonly kind: 'message'; readonly draft: Draft; readonly refusal?: Answer }
  /** `fault`: the client got the wire format wrong. Without it the request was well formed, as with a wrong password. */
  | {
      readonly kind: 'refused';
      readonly of: 'message' | 'ping' | 'other';
      readonly answer: Answer;
      readonly fault?: string;
    };

export async function readRequest(req: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const [path = '/', ...query] = (req.url ?? '/').split('?');
  return {
    method: req.method ?? 'GET',
    path,
    query: new URLSearchParams(query.join('?')),
    headers: req.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

export function send(res: ServerResponse, { status, headers, body }: Answer): void {
  const length = status === 204 ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  res.writeHead(status, { ...headers, ...length }).end(body);
}

export const json = (status: number, value: unknown): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

export const text = (status: number, body: string): Answer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});
