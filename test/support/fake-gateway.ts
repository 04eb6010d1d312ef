import { randomUUID } from 'node:crypto';
import { type FakeOptions, FakeProvider } from './fake-provider.js';
import { type Draft, E164, type LedgerEntry } from './ledger.js';
import type { ErrorHint } from './play.js';
import { type Answer, type Verdict, type WireRequest, text } from './wire.js';

export interface FakeGatewayOptions extends FakeOptions {
  readonly apiKey?: string;
  readonly username?: string;
  readonly password?: string;
}

const JSON_FIELDS = ['to', 'text', 'from', 'ref', 'reportUrl'];

/** A generic HTTP gateway: a JSON POST, and the query string of Kannel's sendsms. */
export class FakeGateway extends FakeProvider {
  private readonly apiKey: string;
  private readonly username: string;
  private readonly password: string;

  private constructor(options: FakeGatewayOptions) {
    super(options);
    this.apiKey = options.apiKey ?? 'gateway-key';
    this.username = options.username ?? 'u';
    this.password = options.password ?? 'p';
  }

  static start(options: FakeGatewayOptions = {}): Promise<FakeGateway> {
    return new FakeGateway(options).listen();
  }

  protected override judge(request: WireRequest): Verdict {
    switch (`${request.method} ${request.path}`) {
      case 'GET /ping':
        return { kind: 'ping', answer: text(200, 'ok') };
      case 'POST /sms':
        return request.headers['x-api-key'] === this.apiKey ? toVerdict(readJson(request)) : UNAUTHORISED;
      case 'GET /cgi-bin/sendsms': {
        const { query } = request;
        const known = query.get('username') === this.username && query.get('password') === this.password;
        return known ? toVerdict(readQuery(query)) : UNAUTHORISED;
      }
      default: {
        const fault = `${request.method} ${request.path}: no such resource`;
        return { kind: 'refused', of: 'other', answer: text(404, fault), fault };
      }
    }
  }

  protected override newId(): string {
    return randomUUID().replaceAll('-', '');
  }

  protected override malformedId(): string {
    return '<none>';
  }

  protected override renderSuccess(_entry: LedgerEntry, id: string): Answer {
    return text(202, `0: Accepted for delivery id=${id}`);
  }

  protected override renderError({ code, status }: ErrorHint): Answer {
    const http = status ?? 400;
    return text(http, `${code ?? http}: Message refused`);
  }
}

const UNAUTHORISED: Verdict = { kind: 'refused', of: 'message', answer: text(401, 'Authorization failed') };

type Read = Draft | { readonly fault: string };

function toVerdict(read: Read): Verdict {
  if ('fault' in read) return { kind: 'refused', of: 'message', answer: text(400, read.fault), fault: read.fault };
  return { kind: 'message', draft: read };
}

function readJson({ headers, body }: WireRequest): Read {
  const type = headers['content-type'];
  if (!type?.startsWith('application/json')) return { fault: `content-type ${type}` };
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { fault: 'the body is not JSON' };
  }
  if (typeof value !== 'object' || value === null) return { fault: 'the body is not an object' };
  const stray = Object.entries(value).find(([key, field]) => !JSON_FIELDS.includes(key) || typeof field !== 'string');
  if (stray) return { fault: `${stray[0]} is unknown or not a string` };
  return toDraft(value as Record<string, string>, value as Record<string, string>);
}

function readQuery(query: URLSearchParams): Read {
  const fields = Object.fromEntries(query);
  // Kannel takes numbers without the plus, and tells validity in minutes.
  const read = toDraft({ ...fields, to: fields.to?.replace(/^(?:\+|00)?(?=\d)/, '+') }, fields);
  return 'fault' in read || !fields.validity ? read : { ...read, validitySecs: Number(fields.validity) * 60 };
}

function toDraft(sms: Readonly<Record<string, string | undefined>>, fields: Record<string, string>): Read {
  const { to, text: body, from } = sms;
  if (!to || !E164.test(to)) return { fault: `to ${to} is not E.164` };
  if (!body) return { fault: 'text is empty' };
  return { to, body, ...(from && { from }), fields };
}
