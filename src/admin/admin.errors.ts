import { DomainError } from '../kernel/index.js';

export class SignInOff extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'NOT_FOUND';
  override readonly hint = 'Operators: set ADMIN_PASSWORD, or use an API key with the scope admin.';

  constructor() {
    super('Nobody can sign in here: no password is set.');
  }
}

export class WrongPassword extends DomainError {
  readonly kind = 'unauthorized';
  readonly code = 'UNAUTHORIZED';
  override readonly hint = 'Give the password that ADMIN_PASSWORD was made of.';

  constructor() {
    super('This is not the password.');
  }
}

export class NoSession extends DomainError {
  readonly kind = 'unauthorized';
  readonly code = 'UNAUTHORIZED';
  override readonly hint = 'Sign in by POST /v1/admin/session.';

  constructor() {
    super('Nobody is signed in.');
  }
}

export class MayBeForged extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'UNAUTHORIZED';
  override readonly hint =
    'Send X-CSRF-Token, as GET /v1/admin/session tells it, from a page of this server; behind a proxy, set PUBLIC_BASE_URL to the address in the browser.';

  constructor() {
    super('Another site may have sent this request.');
  }
}
