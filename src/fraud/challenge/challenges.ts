import type { Clock, KeyRing } from '../../kernel/index.js';
import type { SlidingWindows } from '../../limits/index.js';
import { HttpClient } from '../../sms/index.js';
import type { ChallengeOptions, ChallengeVerifier } from './challenge.js';
import { ProofOfWork } from './proof-of-work.js';
import { SITE_VERIFY, SiteVerify } from './site-verify.js';

const DEFAULT_BITS = 18;

/** The one that the operator chose; null: none. */
export function challengeVerifier(
  { provider, secret = '', siteKey, url, bits = DEFAULT_BITS }: ChallengeOptions,
  keys: KeyRing,
  windows: SlidingWindows,
  clock: Clock,
): ChallengeVerifier | null {
  if (provider === 'none') return null;
  if (provider === 'proof-of-work') return new ProofOfWork(bits, keys, windows, clock);
  const site = { type: provider, url: url ?? SITE_VERIFY[provider], secret, siteKey };
  return new SiteVerify(site, new HttpClient({ connections: 50 }), keys, windows, clock);
}
