import { DomainError } from '../kernel/index.js';

export class KeyNameTaken extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'KEY_NAME_TAKEN';
  override readonly hint = 'Take another name, or revoke the key that has this one: a name is one caller.';

  constructor(name: string) {
    super(`There is a key called "${name}" already.`);
  }
}

export class KeyNotFound extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'NOT_FOUND';
  override readonly hint = 'Take the id that GET /v1/admin/keys, or keys list, shows.';

  constructor() {
    super('There is no such API key.');
  }
}

export class KeyUnreadable extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';

  constructor(
    message: string,
    override readonly hint: string,
  ) {
    super(message);
  }
}
