import { DomainError } from '../kernel/index.js';

/** Neither a text nor a template, or both. */
export class BodyOrTemplate extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
  override readonly hint = 'Send "body", or "template" with its "variables".';

  constructor() {
    super('A text is either a body or a template.');
  }
}
