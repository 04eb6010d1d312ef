import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';

const MAX_AGE_SECS = 12 * 3_600;
const TOKEN = /^[\w-]{43}$/;

/** By the prefix, browsers take the cookie from nobody but this host, and by TLS only. */
const nameOf = (isSecure: boolean): string => (isSecure ? '__Host-sixdigit-admin' : 'sixdigit-admin');

export function sessionTokenOf({ headers }: FastifyRequest, isSecure: boolean): string | undefined {
  const token = headers.cookie === undefined ? undefined : parseCookie(headers.cookie)[nameOf(isSecure)];
  return token !== undefined && TOKEN.test(token) ? token : undefined;
}

/** @param token undefined takes the cookie away */
export function setSessionCookie(reply: FastifyReply, token: string | undefined, isSecure: boolean): void {
  const cookie = stringifySetCookie({
    name: nameOf(isSecure),
    value: token ?? '',
    httpOnly: true,
    sameSite: 'strict',
    path: '/',
    secure: isSecure,
    maxAge: token === undefined ? 0 : MAX_AGE_SECS,
  });
  void reply.header('set-cookie', cookie);
}
