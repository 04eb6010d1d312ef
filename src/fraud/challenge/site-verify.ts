import { randomUUID } from 'node:crypto';

import type { Clock, KeyRing, PhoneNumber } from '../../kernel/index.js';
import type { SlidingWindows } from '../../limits/index.js';
import type { HttpClient } from '../../sms/index.js';
import { ChallengeUnavailable, ChallengeVerifier, type ChallengeAnswer } from './challenge.js';

/**
 * Both speak the same: a form with `secret` and `response`, answered by `{"success": true}`.
 * https://developers.cloudflare.com/turnstile/get-started/server-side-validation/ and https://docs.hcaptcha.com/#verify-the-user-response-server-side
 */
export const SITE_VERIFY = {
  turnstile: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
  hcaptcha: 'https://api.hcaptcha.com/siteverify',
} as const;

const TIMEOUT_MS = 3_000;
/** They remember used tokens themselves, for minutes; we do, too, as two of our requests may come at once. */
const TOKEN_SECS = 600;

export class SiteVerify extends ChallengeVerifier {
  constructor(
    private readonly site: { readonly type: keyof typeof SITE_VERIFY; url: string; secret: string; siteKey?: string },
    private readonly http: HttpClient,
    private readonly keys: KeyRing,
    private readonly windows: SlidingWindows,
    private readonly clock: Clock,
  ) {
    super();
  }

  demand(): Readonly<Record<string, unknown>> {
    return { type: this.site.type, siteKey: this.site.siteKey };
  }

  async verify(_phone: PhoneNumber, { token }: ChallengeAnswer): Promise<boolean> {
    if (!token) return false;
    if (!(await this.isSolved(token))) return false;
    const hit = { id: randomUUID(), key: this.keys.lookupKey('challenge', `token\0${token}`), formerKey: null };
    return (await this.windows.take(hit, { quotas: [1], secs: [TOKEN_SECS] })).refused_by === null;
  }

  private async isSolved(token: string): Promise<boolean> {
    const body = new URLSearchParams({ secret: this.site.secret, response: token });
    if (this.site.type === 'hcaptcha' && this.site.siteKey) body.set('sitekey', this.site.siteKey);
    const { signal, release } = this.clock.deadline(TIMEOUT_MS);
    try {
      const answer = await this.http.request({
        method: 'POST',
        url: this.site.url,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: body.toString(),
        signal,
      });
      if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
      const { success } = JSON.parse(answer.body) as { success?: unknown };
      if (typeof success !== 'boolean') throw new Error('answered no verdict');
      return success;
    } catch (error) {
      throw new ChallengeUnavailable(error instanceof SyntaxError ? new Error('answered no JSON') : error);
    } finally {
      release();
    }
  }
}
