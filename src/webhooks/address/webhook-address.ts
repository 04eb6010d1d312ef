import { type lookup, type LookupAddress } from 'node:dns';
import { lookup as lookUp } from 'node:dns/promises';
import { isIP } from 'node:net';

import { AddressRefused } from '../webhook.errors.js';
import { Networks } from './networks.js';

export interface AddressRules {
  /** Nothing but https, as in production. */
  readonly httpsOnly: boolean;
  /** The operator's own networks, which webhooks may reach although they are not public. */
  readonly privateNetworks: readonly string[];
  /** All addresses of a name; the system's resolver by default. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>;
}

/** Where other protocols listen that would take a POST for commands: mail, shells, names, databases, caches. */
const OTHER_PROTOCOLS = new Set([
  1, 7, 9, 19, 20, 21, 22, 23, 25, 43, 53, 69, 79, 110, 111, 119, 123, 135, 139, 143, 161, 179, 389, 445, 465, 514, 515,
  563, 587, 636, 873, 990, 993, 995, 2049, 3306, 5060, 5061, 5432, 6000, 6379, 6667, 11211, 27017,
]);

/** Judges where a webhook goes: the spelling of its URL, and every address that its host's name stands for. */
export class WebhookAddress {
  private readonly networks: Networks;
  private readonly resolve: (host: string) => Promise<readonly LookupAddress[]>;

  constructor(private readonly rules: AddressRules) {
    this.networks = new Networks(rules.privateNetworks);
    this.resolve = rules.resolve ?? ((host) => lookUp(host, { all: true }));
  }

  /** The URL as it is kept. @throws {AddressRefused} when it is none that a webhook may go to, by its spelling alone */
  read(text: string): URL {
    if (!URL.canParse(text)) throw new AddressRefused('is not a URL');
    const url = new URL(text);
    const { protocol, hostname, port, username, password } = url;
    if (protocol !== 'https:' && (protocol !== 'http:' || this.rules.httpsOnly))
      throw new AddressRefused('is not https://');
    if (username || password) throw new AddressRefused('has user:password@ in it');
    if (port && OTHER_PROTOCOLS.has(Number(port))) throw new AddressRefused('has the port of another protocol');
    const literal = hostname.replace(/^\[|\]$/g, '');
    if (isIP(literal) && !this.networks.mayReach(literal)) throw new AddressRefused('is an address that is not public');
    url.hash = '';
    return url;
  }

  /**
   * All addresses of the host. One that is not public refuses them all: who answers with both hopes that we take the other.
   * @throws {AddressRefused} for that, or when there are none
   */
  async addressesOf(host: string): Promise<readonly LookupAddress[]> {
    const found = await this.resolve(host).catch(() => []);
    if (found.length === 0) throw new AddressRefused('has a host whose name cannot be resolved', 'unresolved');
    if (!found.every(({ address }) => this.networks.mayReach(address)))
      throw new AddressRefused('leads to an address that is not public');
    return found;
  }

  /** For `net.connect`: it connects to an address that was judged, whatever the name stands for a moment later. */
  readonly lookup: typeof lookup = ((
    host: string,
    options: { all?: boolean },
    done: (...answer: unknown[]) => void,
  ) => {
    this.addressesOf(host).then(
      (found) => (options.all ? done(null, found) : done(null, found[0]?.address, found[0]?.family)),
      (error: unknown) => done(error),
    );
  }) as never;
}
