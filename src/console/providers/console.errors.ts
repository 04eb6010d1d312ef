import { DomainError } from '../../kernel/index.js';

export class NoSuchProvider extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'NOT_FOUND';
  override readonly hint: string;

  constructor(known: readonly string[]) {
    super('No provider that is configured is called so.');
    this.hint =
      known.length > 0 ? `Take one of: ${known.join(', ')}.` : 'Configure one: SMS_PROVIDERS in .env.example.';
  }
}

export class AlreadyHeld extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'PROVIDER_HELD';
  override readonly hint = 'It gets no text as it is. Put it back first to take it out for another reason.';

  constructor(name: string) {
    super(`${name} was taken out already.`);
  }
}

export class NotHeld extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'PROVIDER_NOT_HELD';
  override readonly hint = 'One that left the rotation by itself comes back by itself.';

  constructor(name: string) {
    super(`${name} was not taken out by hand.`);
  }
}

export class LastProvider extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'PROVIDER_IS_LAST';
  override readonly hint =
    'Put another one back or wait until one is well again; "force": true takes it out all the same, and then no text is sent.';

  constructor(name: string) {
    super(`Without ${name} no provider is left that could send now.`);
  }
}
