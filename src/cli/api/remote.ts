import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

import { DomainError } from '../../kernel/index.js';
import type { Address } from './where.js';

const TRIES = 6;
const TIMEOUT_MS = 120_000;

/** What the program answered, in its own words. */
export class Answered extends DomainError {
  readonly kind: DomainError['kind'];
  readonly code: string;
  override readonly hint: string;

  constructor(status: number, { code, detail, hint }: { code?: string; detail?: string; hint?: string }) {
    super(detail ?? `The program answered ${status}.`);
    this.kind = status === 404 ? 'not_found' : status >= 500 ? 'unavailable' : 'invalid';
    this.code = code ?? 'UNEXPECTED';
    this.hint = hint ?? 'Look whether --url is that of the program.';
  }
}

export interface Asked {
  readonly method: string;
  /** From the first slash on. */
  readonly path: string;
  readonly body?: string;
  readonly type?: string;
}

/** Again where nobody answered, or not now. One Idempotency-Key for all tries of JSON, so nothing is done twice; rows of batches have ids. @throws {Answered} */
export async function ask(
  { url, key }: Address,
  { method, path, body, type }: Asked,
  tries = TRIES,
): Promise<Response> {
  const once = randomUUID();
  for (let nth = 1; ; nth++) {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(method === 'POST' && type === undefined && { 'idempotency-key': once }),
        ...(body !== undefined && { 'content-type': type ?? 'application/json' }),
      },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error: unknown) => {
      if (nth >= tries) throw new Answered(503, { detail: `Nobody answers at ${url}: ${causeOf(error)}.` });
      return undefined;
    });
    if (response?.ok) return response;
    if (response && (response.status < 500 || nth >= tries))
      throw new Answered(response.status, await problemIn(response));
    await wait(2 ** nth * 250);
  }
}

const problemIn = async (response: Response) =>
  (await response.json().catch(() => ({}))) as { code?: string; detail?: string; hint?: string };

const causeOf = (error: unknown) =>
  error instanceof Error
    ? String((error.cause as { code?: string } | undefined)?.code ?? error.name)
    : 'unknown failure';
