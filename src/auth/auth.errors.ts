import { DomainError } from '../kernel/index.js';

/** Without a word on what is wrong with it: unknown, expired, revoked and made up are the same to whoever tries. */
export class TokenRefused extends DomainError {
  readonly kind = 'unauthorized';
  readonly code = 'UNAUTHORIZED';

  constructor(
    what: string,
    override readonly hint: string,
  ) {
    super(`A valid ${what} is needed here.`);
  }
}

export const accessTokenRefused = () =>
  new TokenRefused(
    'access token',
    'Send "Authorization: Bearer TOKEN" with one of POST /v1/auth/refresh, or log in again.',
  );

export const refreshTokenRefused = () =>
  new TokenRefused('refresh token', 'Log in again. Each refresh token is good for one use.');

export class CodeIncorrect extends DomainError {
  readonly kind = 'unauthorized';
  readonly code = 'CODE_INCORRECT';
  override readonly hint = 'Ask for the code again, or start anew when no checks are left.';
  override readonly extensions: { readonly checksLeft: number };

  constructor(checksLeft: number) {
    super('This is not the code that was sent.');
    this.extensions = { checksLeft };
  }
}

export class SessionNotFound extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'NOT_FOUND';
  override readonly hint = 'GET /v1/auth/sessions lists those that are open.';

  constructor() {
    super('You have no such session.');
  }
}

export class PhoneTaken extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'PHONE_TAKEN';
  override readonly hint = 'Log in with that number instead, or take another.';

  constructor() {
    super('Somebody logs in with this number already.');
  }
}

export class SamePhone extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
  override readonly hint = 'Send the number that you want to log in with from now on.';

  constructor() {
    super('This is your number already.');
  }
}

export class ProofSpent extends DomainError {
  readonly kind = 'gone';
  readonly code = 'PROOF_SPENT';
  override readonly hint = 'Ask the person for a new step-up.';

  constructor() {
    super('This is no step-up proof that can be redeemed: it may be too old, for another action, or redeemed before.');
  }
}
