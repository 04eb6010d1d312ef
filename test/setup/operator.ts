import type { Answer, TestApp } from './app.js';

/** A browser in which somebody has signed in. */
export interface Operator {
  /** The cookie as it goes back. */
  readonly cookie: string;
  readonly csrfToken: string;
  /** As a page of the program calls it. */
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

export const SESSION = '/v1/admin/session';

export const cookieOf = ({ headers }: Answer): string => headers.get('set-cookie')?.split(';', 1)[0] ?? '';

/** Sign-in without a key. */
export const tryPassword = (app: TestApp, password: unknown, headers: Readonly<Record<string, string>> = {}) =>
  app.call('POST', SESSION, { password }, { authorization: '', ...headers });

export async function signIn(app: TestApp, password: string): Promise<Operator> {
  const answer = await tryPassword(app, password);
  if (answer.status !== 201) throw new Error(`No sign-in: ${answer.status} ${JSON.stringify(answer.body)}`);
  const cookie = cookieOf(answer);
  const csrfToken: string = answer.body.csrfToken;
  return {
    cookie,
    csrfToken,
    call: (method, path, body, headers = {}) =>
      app.call(method, path, body, {
        authorization: '',
        cookie,
        'x-csrf-token': csrfToken,
        origin: app.url,
        'sec-fetch-site': 'same-origin',
        ...headers,
      }),
  };
}
