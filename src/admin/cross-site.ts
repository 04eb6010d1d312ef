import type { FastifyRequest } from 'fastify';

/** What the browser says about where a request comes from; curl says nothing. */
export type Origin = 'here' | 'elsewhere' | 'unknown';

/** @param publicBaseUrl what browsers know us by, where a proxy speaks TLS for us */
export function originOf({ headers, protocol, host }: FastifyRequest, publicBaseUrl?: string): Origin {
  const { origin, 'sec-fetch-site': site } = headers;
  if (site !== undefined && site !== 'same-origin') return 'elsewhere';
  if (origin === undefined) return site === undefined ? 'unknown' : 'here';
  return origin === publicBaseUrl || origin === `${protocol}://${host}` ? 'here' : 'elsewhere';
}
