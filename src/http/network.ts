import { isIP, isIPv6 } from 'node:net';

const MAPPED_IPV4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

const WITH_PORT = /^\[(.*)\](?::\d+)?$|^(\d{1,3}(?:\.\d{1,3}){3}):\d+$/;

/** Some proxies name the port, too, which is another one every time. What is no address at all is one and the same to us. */
function addressOf(text: string): string {
  const [, inBrackets, beforePort] = WITH_PORT.exec(text) ?? [];
  const address = inBrackets ?? beforePort ?? text;
  return isIP(address.split('%')[0]!) ? address : 'no address';
}

/** What one subscriber has: an IPv4 address, or the /64 of an IPv6 address, which is 2^64 addresses to choose from. */
export function networkOf(text: string): string {
  const ip = addressOf(text);
  return isIPv6(ip) ? (MAPPED_IPV4.exec(ip)?.[1] ?? prefixOf(ip, 4)) : ip;
}

/** What one customer of a network may have: the /24 of an IPv4 address, or the /48 of an IPv6 address. */
export function widerNetworkOf(text: string): string {
  const ip = addressOf(text);
  const network = networkOf(ip);
  return isIP(network) === 4 ? `${network.split('.').slice(0, 3).join('.')}.0/24` : isIPv6(ip) ? prefixOf(ip, 3) : ip;
}

/** @param groups of 16 bits each */
function prefixOf(ip: string, groups: number): string {
  const [head = '', tail] = ip.split('%')[0]!.split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail?.split(':').filter(Boolean) ?? [];
  const all =
    tail === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return `${all
    .slice(0, groups)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':')}::/${groups * 16}`;
}
