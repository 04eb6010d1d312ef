/** What the API says when it does not do as asked: RFC 9457. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint?: string,
    readonly retryAfterSecs?: number,
  ) {
    super(message);
  }
}

interface ProblemBody {
  readonly code?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly hint?: string;
  /** Each names its member by a JSON pointer, such as "#/name". */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

export interface Session {
  readonly csrfToken: string;
  readonly expiresAt: string;
}

/** A page may know it, another site's page may not: without it nothing is changed by cookie. */
let csrfToken: string | undefined;
let onSignedOut: () => void = () => undefined;

/** What happens when a request is told that nobody is signed in any more. */
export const whenSignedOut = (tell: () => void) => void (onSignedOut = tell);

/**
 * Asks the API of this server, as whoever is signed in here.
 * @returns the answer's JSON, or undefined when there is none
 * @throws {Problem} for every answer that is not 2xx, and with status 0 when there is none
 */
export async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  try {
    return await callOnce<T>(method, path, body, signal);
  } catch (error) {
    if (method === 'GET' || !(await hasOtherSession(error))) throw error;
    return callOnce<T>(method, path, body, signal);
  }
}

/** Whoever signed in anew in another tab has another session in this one, too, and its token is not ours yet. */
async function hasOtherSession(error: unknown): Promise<boolean> {
  if (!(error instanceof Problem && error.status === 403 && csrfToken !== undefined)) return false;
  const before = csrfToken;
  const session = await readSession().catch(() => undefined);
  return session !== undefined && session.csrfToken !== before;
}

async function callOnce<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET' && csrfToken !== undefined) headers['x-csrf-token'] = csrfToken;
  const response = await fetch(path, { method, headers, body: JSON.stringify(body), signal, cache: 'no-store' }).catch(
    (error: unknown) => {
      if (signal?.aborted) throw error;
      throw new Problem(
        0,
        'UNREACHABLE',
        'The server does not answer.',
        'Is it running? It is asked again when you retry.',
      );
    },
  );
  const text = await response.text();
  if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
  const problem = problemOf(response, text);
  if (problem.status === 401 && path !== '/v1/admin/session') onSignedOut();
  throw problem;
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => call<T>('GET', path, undefined, signal);
export const post = <T>(path: string, body?: unknown): Promise<T> => call<T>('POST', path, body);

/** A fault in a sentence; some name their member themselves. */
function said(pointer: string, detail: string): string {
  const name = pointer.split('/')[1] ?? '';
  return detail.startsWith(name) ? detail : `${name} ${detail}`;
}

function problemOf({ status, headers }: Response, text: string): Problem {
  let body: ProblemBody = {};
  try {
    body = JSON.parse(text) as ProblemBody;
  } catch {
    // A proxy's own page: the status has to do.
  }
  const faults = body.errors?.map(({ pointer, detail }) => said(pointer, detail)).join('; ');
  const message = faults || (body.detail ?? body.title ?? `The server answered ${status}.`);
  // The hint of a body that does not fit sends programs to `errors`, which people have just read.
  const hint = faults ? undefined : body.hint;
  const retryAfter = Number(headers.get('retry-after') ?? NaN);
  return new Problem(status, body.code ?? '', message, hint, Number.isFinite(retryAfter) ? retryAfter : undefined);
}

/** The cookie cannot be seen from here; this says whether it is worth asking. It is no secret and opens nothing. */
const SIGNED_IN = 'sixdigit-signed-in';

/** @returns undefined when nobody is signed in @throws {Problem} */
export async function readSession(): Promise<Session | undefined> {
  if (localStorage.getItem(SIGNED_IN) === null) return undefined;
  try {
    return keep(await get<Session>('/v1/admin/session'));
  } catch (error) {
    if (!(error instanceof Problem && error.status === 401)) throw error;
    localStorage.removeItem(SIGNED_IN);
    return undefined;
  }
}

/** @throws {Problem} 401 for a wrong password, 429 after too many */
export const signIn = async (password: string): Promise<Session> =>
  keep(await post<Session>('/v1/admin/session', { password }));

/** @throws {Problem} */
export async function signOut(): Promise<void> {
  await call('DELETE', '/v1/admin/session');
  csrfToken = undefined;
  localStorage.removeItem(SIGNED_IN);
}

function keep(session: Session): Session {
  localStorage.setItem(SIGNED_IN, 'yes');
  csrfToken = session.csrfToken;
  return session;
}
