import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

import ipaddr from 'ipaddr.js';

import type { Check } from '../check.js';
import { fault, ok, skipped, warning, type Said } from '../finding.js';
import { isSound, type Subject } from '../subject.js';

const DEADLINE_MS = 4_000;
const LONGEST_ANSWER = 4_096;

/** Whether the program is found under the address that providers are given. */
export function addressCheck(subject: Subject): Check {
  const { PUBLIC_BASE_URL, PORT } = subject.config.env.server;
  const name = 'PUBLIC_BASE_URL';
  return {
    group: 'network',
    name,
    run: async (signal) => {
      if (!isSound(subject, name)) return [skipped(name, 'see the environment')];
      if (!PUBLIC_BASE_URL) return [skipped(name, 'unset: no delivery reports are asked for')];
      const { origin, protocol, hostname } = new URL(PUBLIC_BASE_URL);
      const plain =
        protocol === 'https:'
          ? []
          : [
              warning(
                name,
                'it is http://: reports can be read and forged on their way',
                'Put TLS in front, and write https://.',
              ),
            ];
      const host = hostname.replace(/^\[|\]$/g, '');
      const addresses = isIP(host)
        ? [host]
        : (await lookup(host, { all: true }).catch(() => [])).map(({ address }) => address);
      if (addresses.length === 0)
        return [
          ...plain,
          fault(name, `${host} does not resolve`, `Add an A or AAAA record for ${host}, or correct PUBLIC_BASE_URL.`),
        ];
      const [there, here] = await Promise.all([answerAt(origin, signal), answerAt(`http://127.0.0.1:${PORT}`, signal)]);
      return [...plain, ...reach(addresses, host), judge(name, origin, there, here, PORT)];
    },
  };
}

/** Providers call from the internet. */
function reach(addresses: readonly string[], host: string): Said[] {
  const isPublic = addresses.some((address) => ipaddr.process(address).range() === 'unicast');
  if (isPublic) return [];
  return [
    warning(
      'PUBLIC_BASE_URL',
      `${host} is an address of a private network: providers do not reach it`,
      'Write the address under which the internet finds this server; for a try, a tunnel such as cloudflared gives one.',
    ),
  ];
}

type Answer = 'ours' | 'nobody' | { readonly why: string; readonly mend: string };

function judge(name: string, origin: string, there: Answer, here: Answer, port: number): Said {
  if (there === 'ours') return ok(name, `${origin} answers as this program`);
  if (typeof there === 'object') return fault(name, `${origin}: ${there.why}`, there.mend);
  const ask = `curl -i ${origin}/health/live`;
  if (here === 'ours')
    return fault(
      name,
      `${origin} gives no answer, although the program runs here on port ${port}`,
      `Let the proxy pass on to port ${port} and the firewall let 443 in; ask from outside, too: ${ask}`,
    );
  return warning(
    name,
    `${origin} gives no answer; the program does not run here on port ${port} either, so nothing can be said`,
    `Start the program, and ask from outside: ${ask}`,
  );
}

async function answerAt(origin: string, signal: AbortSignal): Promise<Answer> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
  try {
    const response = await fetch(`${origin}/health/live`, { redirect: 'manual', signal: deadline });
    const text = (await response.text()).slice(0, LONGEST_ANSWER);
    if (response.status === 200 && /^\{"status":"ok"\}\s*$/.test(text)) return 'ours';
    if (response.status >= 300 && response.status < 400)
      return {
        why: `it redirects (${response.status})`,
        mend: 'Write the address that it redirects to into PUBLIC_BASE_URL.',
      };
    if (response.status >= 502 && response.status <= 504)
      return {
        why: `a proxy answers ${response.status}`,
        mend: 'Start the program, and let the proxy pass on to its port.',
      };
    return {
      why: `something else answers (${response.status})`,
      mend: 'Let /v1/webhooks/ and /health/ of that address lead to this program, without a sign-in in front.',
    };
  } catch (error) {
    const { code = '', message = '' } = (error as { cause?: { code?: string; message?: string } }).cause ?? {};
    if (/CERT|SIGNED|SIGNATURE|ALTNAME|TLS|SSL|wrong version/i.test(`${code} ${message}`))
      return {
        why: `its certificate is not one that providers trust (${code || 'TLS'})`,
        mend: 'Get a certificate for that name from a public authority, with its whole chain.',
      };
    return 'nobody';
  }
}

/** Who is believed, and who may come in. */
export function postureCheck(subject: Subject): Check {
  const { server } = subject.config.env;
  const name = 'TRUSTED_PROXIES';
  return {
    group: 'network',
    name,
    run: () => {
      if (!isSound(subject, name)) return [skipped(name, 'see the environment')];
      const { TRUSTED_PROXIES: proxies, PUBLIC_BASE_URL, HOST } = server;
      const host = HOST ?? (subject.isProduction ? '0.0.0.0' : '127.0.0.1');
      const listens = ok(
        'HOST',
        `${host}, port ${server.PORT}${isEverywhere(host) ? ': every network of this machine' : ''}`,
      );
      const everybody = proxies.filter(isWide);
      if (everybody.length > 0)
        return [
          listens,
          fault(
            name,
            `${everybody.join(', ')}: anybody may claim any address, so nobody is throttled`,
            'Name the addresses of your own proxies, such as TRUSTED_PROXIES=10.0.0.5.',
          ),
        ];
      if (proxies.length > 0) return [listens, ok(name, proxies.join(', '))];
      if (PUBLIC_BASE_URL?.startsWith('https:'))
        return [
          listens,
          warning(
            name,
            'unset, while something in front speaks TLS: all callers have its address, and are throttled as one',
            'Set it to the address of what is in front, such as TRUSTED_PROXIES=10.0.0.5.',
          ),
        ];
      return [listens, ok(name, 'unset: X-Forwarded headers are not believed')];
    },
  };
}

const isEverywhere = (host: string) => host === '0.0.0.0' || host === '::';

/** A range as no company's proxies have. */
function isWide(range: string): boolean {
  const [address = '', prefix] = range.split('/');
  if (prefix === undefined) return false;
  return Number(prefix) < (isIP(address) === 4 ? 8 : 16);
}
