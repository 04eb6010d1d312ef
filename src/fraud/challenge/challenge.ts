import { DomainError, type PhoneNumber } from '../../kernel/index.js';

export const CHALLENGE_PROVIDERS = ['proof-of-work', 'turnstile', 'hcaptcha', 'none'] as const;

export interface ChallengeOptions {
  readonly provider: (typeof CHALLENGE_PROVIDERS)[number];
  /** Of Turnstile or hCaptcha, which gives out both. */
  readonly secret?: string;
  readonly siteKey?: string;
  /** Another address than the provider's own. */
  readonly url?: string;
  /** Zero bits that a proof of work begins with. */
  readonly bits?: number;
}

/** As the client sends it: `seed` and `nonce` of a proof of work, or a `token` of a widget. */
export interface ChallengeAnswer {
  readonly seed?: string;
  readonly nonce?: string;
  readonly token?: string;
}

/** Makes it dear to be a machine. */
export abstract class ChallengeVerifier {
  /** What a client needs to solve one, for this phone; nothing in it is secret. */
  abstract demand(phone: PhoneNumber): Readonly<Record<string, unknown>>;
  /** True once for each that was solved. @throws {ChallengeUnavailable} when that cannot be known: nobody is let through. */
  abstract verify(phone: PhoneNumber, answer: ChallengeAnswer): Promise<boolean>;
}

export class ChallengeRequired extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'CHALLENGE_REQUIRED';
  override readonly hint = 'Solve "challenge", and repeat the request with its solution as "challenge" in the body.';
  override readonly extensions: { readonly challenge: object };

  constructor(challenge: object, answered = false) {
    super(answered ? 'This challenge is wrong, used or expired.' : 'This destination needs a solved challenge.');
    this.extensions = { challenge };
  }
}

export class ChallengeUnavailable extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'CHALLENGE_UNAVAILABLE';
  override readonly retryAfterSecs = 5;
  override readonly hint = 'Nothing was sent and no limit was used. Try again shortly.';

  constructor(cause: unknown) {
    super('Whoever judges challenges cannot be reached.', { cause });
  }
}
