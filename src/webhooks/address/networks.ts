import { isIP } from 'node:net';

import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/** All that is given out of the 128 bits; what translates to IPv4 or is for one site lies outside, or has a name of its own. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');
/** A public address by the register, but inside Azure it is the machine's host. */
const AZURE_HOST = '168.63.129.16';

/** Which addresses a webhook may go to: public ones, and those of the operator's `own` networks. */
export class Networks {
  private readonly own: readonly Network[];

  /** @param own addresses and ranges such as 10.0.0.0/8 */
  constructor(own: readonly string[]) {
    this.own = own.map((range) =>
      ipaddr.parseCIDR(range.includes('/') ? range : `${range}/${isIP(range) === 4 ? 32 : 128}`),
    );
  }

  mayReach(text: string): boolean {
    if (!isIP(text) || text.includes('%')) return false;
    const address = ipaddr.parse(text);
    return isPublic(address) || this.own.some((network) => isIn(network, address));
  }
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast' || address.toString() === AZURE_HOST) return false;
  return address.kind() === 'ipv4' || isIn(GLOBAL_UNICAST, address);
}

const isIn = ([network, bits]: Network, address: Address): boolean =>
  network.kind() === address.kind() && address.match(network, bits);
