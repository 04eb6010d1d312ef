import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

import { DomainError } from '../../kernel/index.js';
import { UsageError } from '../usage-error.js';
import type { Address } from './where.js';

const TRIES = 6;
const TIMEOUT_MS = 120_000;

const WHOSE_URL = 'Look whether --url is that of the program.';

/** As RFC 9457 has it, as much as is shown here. */
interface Problem {
  readonly code?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** What the program answered, in its own words. */
export class Answered extends DomainError {
  readonly kind: DomainError['kind'];
  readonly code: string;
  override readonly hint: string;

  constructor(status: number, { code, detail, hint, errors = [] }: Problem) {
    const faults = errors.map((each) => `\n  ${each.pointer.replace(/^#?\//, '')}: ${each.detail}`);
    super(`${detail ?? `The program answered ${status}.`}${faults.join('')}`);
    this.kind = status === 404 ? 'not_found' : status >= 500 ? 'unavailable' : 'invalid';
    this.code = code ?? 'UNEXPECTED';
    this.hint = hint ?? WHOSE_URL;
  }
}

export interface Asked {
  readonly method: string;
  /** From the first slash on. */
  readonly path: string;
  readonly body?: string;
  readonly type?: string;
}

/** Again where nobody answered, or not now. One Idempotency-Key for all tries of JSON, so nothing is done twice; rows of batches have ids. @throws {Answered | UsageError} */
export async function ask(
  { url, key }: Address,
  { method, path, body, type }: Asked,
  tries = TRIES,
): Promise<Response> {
  const headers = {
    authorization: `Bearer ${key}`,
    ...(method === 'POST' && type === undefined && { 'idempotency-key': randomUUID() }),
    ...(body !== undefined && { 'content-type': type ?? 'application/json' }),
  };
  if (!canBeAsked(`${url}${path}`, headers))
    throw new UsageError(
      '--url or the key cannot be sent.',
      'A key is one line of ASCII, and --url has no password in it.',
    );
  for (let nth = 1; ; nth++) {
    // A redirect would make a POST a GET, and give the key to whoever it names.
    const request = { method, headers, body, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) } as const;
    const response = await fetch(`${url}${path}`, request).catch((error: unknown) => {
      if (nth >= tries) throw new Answered(503, { detail: `Nobody answers at ${url}: ${causeOf(error)}.` });
      return undefined;
    });
    if (response?.ok) return ours(response, url);
    if (response && (response.status < 500 || nth >= tries))
      throw new Answered(response.status, await problemIn(response));
    await wait(2 ** nth * 250);
  }
}

function canBeAsked(url: string, headers: Record<string, string>): boolean {
  try {
    return Boolean(new Request(url, { headers }));
  } catch {
    return false;
  }
}

/** Other programs answer 200, too: a page that asks for a login, a development server that has a page for every path. */
function ours(response: Response, url: string): Response {
  const isJson = /^application\/(x-nd)?json/.test(response.headers.get('content-type') ?? '');
  if (isJson && response.headers.has('x-request-id')) return response;
  throw new Answered(404, {
    detail: `What answers at ${url} is not Sixdigit.`,
    hint: `${WHOSE_URL} A proxy in front of it has to pass X-Request-Id on.`,
  });
}

async function problemIn(response: Response): Promise<Problem> {
  const to = response.headers.get('location');
  if (response.status < 400) return { detail: `It answers ${response.status}${to ? `, and sends on to ${to}` : ''}.` };
  const said: unknown = await response.json().catch(() => ({}));
  return said !== null && typeof said === 'object' ? said : {};
}

const causeOf = (error: unknown) => {
  const { name, cause } = error as { name?: string; cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? name ?? 'unknown failure';
};
