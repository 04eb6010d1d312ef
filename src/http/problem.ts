import type { ErrorKind } from '../kernel/index.js';

/** Members of a problem document (RFC 9457) as this API answers them. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly hint?: string;
  readonly [extension: string]: unknown;
}

export const STATUS = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  gone: 410,
  mismatch: 422,
  too_large: 413,
  rate_limited: 429,
  unavailable: 503,
} as const satisfies Record<ErrorKind, number>;

/** What the framework itself refuses, before any of our code has seen the request. */
const FRAMEWORK_HINTS: Readonly<Record<number, string>> = {
  400: 'Send a JSON object that matches /openapi.json.',
  404: 'See /openapi.json for what is here.',
  405: 'See /openapi.json for what is here.',
  408: 'Send the whole request sooner.',
  413: 'A request has at most 64 KiB, a batch of reports 4 MiB.',
  414: 'Shorten the address.',
  415: 'Send "Content-Type: application/json".',
  431: 'Send fewer or shorter headers.',
};

/** Our own words: the framework's repeat parts of the request, which may be a phone or a code. */
const DETAILS: Readonly<Record<number, string>> = {
  400: 'The body is not the JSON that this route takes.',
  404: 'There is nothing at this address.',
  413: 'The request is too large.',
  415: 'This content type is not read here.',
};

/** What the framework refuses, said in our words. @param status 4xx */
export function frameworkProblem(status: number): Problem {
  const code = status === 404 ? 'NOT_FOUND' : 'INVALID_REQUEST';
  return problem(status, code, DETAILS[status] ?? 'The request cannot be read.', { hint: FRAMEWORK_HINTS[status] });
}

export function problem(
  status: number,
  code: string,
  detail: string,
  more: Readonly<Record<string, unknown>> = {},
): Problem {
  return {
    type: `urn:sixdigit:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: titleOf(code),
    status,
    detail,
    code,
    ...more,
  };
}

function titleOf(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words[0]?.toUpperCase() + words.slice(1);
}
