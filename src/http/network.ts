import { isIPv6 } from 'node:net';

const MAPPED_IPV4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

/** What one subscriber has: an IPv4 address, or the /64 of an IPv6 address, which is 2^64 addresses to choose from. */
export function networkOf(ip: string): string {
  const mapped = MAPPED_IPV4.exec(ip)?.[1];
  if (mapped) return mapped;
  if (!isIPv6(ip)) return ip;
  return `${firstGroups(ip, 4)}::/64`;
}

/** What may be written down of an address: the /24 of an IPv4 address, the /48 of an IPv6 address. */
export function widerNetworkOf(ip: string): string {
  const address = MAPPED_IPV4.exec(ip)?.[1] ?? ip;
  return isIPv6(address) ? `${firstGroups(address, 3)}::/48` : `${address.split('.').slice(0, 3).join('.')}.0/24`;
}

function firstGroups(ip: string, count: number): string {
  const [head = '', tail] = ip.split('%')[0]!.split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail?.split(':').filter(Boolean) ?? [];
  const groups =
    tail === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return groups
    .slice(0, count)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':');
}
