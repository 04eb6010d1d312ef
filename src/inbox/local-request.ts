import { BlockList, isIP } from 'node:net';

import type { FastifyRequest } from 'fastify';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const bare = (address: string) => address.replace(/^::ffff:/i, '').replace(/^\[(.*)\]$/, '$1');
const isLoopback = (address: string) => {
  const version = isIP(address);
  return version !== 0 && LOOPBACK.check(address, version === 4 ? 'ipv4' : 'ipv6');
};

/** What a proxy adds: then whoever is behind it is anybody. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'] as const;

/** The name in `Host`, without its port, in lower case; undefined where there is none, or it is no name at all. */
export function hostOf({ headers: { host = '' } }: Pick<FastifyRequest, 'headers'>): string | undefined {
  if (!/^[\w.:[\]-]+$/.test(host) || !URL.canParse(`http://${host}`)) return undefined;
  return bare(new URL(`http://${host}`).hostname.toLowerCase());
}

/**
 * Whether a person at this very machine asks, by a name that only this machine has. A page of another site can make a browser here
 * send requests here; but under a name of its own (DNS rebinding), never under these.
 * @param ownHost the address that this server was told to listen on, which is as good as localhost for whoever is on the same machine
 */
export function isLocal(
  { headers, socket, raw }: Pick<FastifyRequest, 'headers' | 'socket' | 'raw'>,
  ownHost: string,
): boolean {
  // nginx as it comes: it adds no header, calls us by the address that it was told, and speaks what no browser does.
  if (raw.httpVersion === '1.0') return false;
  if (FORWARDED.some((name) => headers[name] !== undefined)) return false;
  const [from, to] = [bare(socket.remoteAddress ?? ''), bare(socket.localAddress ?? '')];
  if (!isIP(from) || !(isLoopback(from) || from === to)) return false;
  const host = hostOf({ headers });
  if (host === undefined) return false;
  return host === 'localhost' || isLoopback(host) || (isIP(host) !== 0 && host === to) || host === bare(ownHost);
}

/**
 * Whether another site's page may have sent it: by what browsers say of themselves and pages cannot forge. Programs that are no
 * browsers say nothing, and are nobody's puppets.
 */
export function isFromAnotherSite({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  const { origin, host, 'sec-fetch-site': site } = headers;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase();
}
