import type { SNSClientConfig } from '@aws-sdk/client-sns';

import { dateOf } from '../../provider/account.js';
import type { HttpClient } from '../../provider/http-client.js';

type RequestHandler = Extract<NonNullable<SNSClientConfig['requestHandler']>, { handle: unknown }>;

/** One call of ours on its way through the SDK. */
export interface Call {
  readonly signal: AbortSignal;
  /** Whether the SDK has come as far as sending. */
  begun: boolean;
  /** By SNS' clock, when it answered. */
  at?: Date;
}

/** Lets the SDK sign and read, and sends over our own client: one deadline, wide pools, capped bodies. */
export function requestHandlerOver(http: HttpClient): RequestHandler {
  const handler = {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request: SdkRequest, { call }: { readonly call: Call }) {
      call.begun = true;
      const { protocol, hostname, port, path, query, method, headers, body } = request;
      const search = new URLSearchParams(query).toString();
      const url = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}${search && `?${search}`}`;
      const { host: _host, 'content-length': _length, ...rest } = headers;
      const answer = await http.request({ method, url, headers: rest, body: body ?? '', signal: call.signal });
      call.at = dateOf(answer.headers['date']);
      return { response: { statusCode: answer.status, headers: answer.headers, body: Buffer.from(answer.body) } };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => undefined,
  };
  return handler as unknown as RequestHandler;
}

/** What we read of the SDK's request; its type is in a package that it does not export. */
interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly method: 'GET' | 'POST';
  readonly headers: Record<string, string>;
  readonly body?: string;
}
