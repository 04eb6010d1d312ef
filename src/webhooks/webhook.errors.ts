import { DomainError } from '../kernel/index.js';

/** A place that no webhook goes to. */
export class AddressRefused extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'WEBHOOK_URL_REFUSED';
  override readonly hint =
    'Give an https:// URL whose host has public addresses only. Own networks: list them in WEBHOOK_PRIVATE_NETWORKS (http:// is for development).';

  /** @param reason ends the sentence "The URL ..." @param word what stands in the record of a try */
  constructor(
    reason: string,
    readonly word: 'private_address' | 'unresolved' = 'private_address',
  ) {
    super(`The URL ${reason}.`);
  }
}

export class WebhookNotFound extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'NOT_FOUND';
  override readonly hint = 'GET /v1/webhook-endpoints lists those that there are; deliveries are kept for 7 days.';

  constructor(what: 'endpoint' | 'delivery') {
    super(`There is no such ${what}.`);
  }
}

export class WebhookLimitReached extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'WEBHOOK_LIMIT_REACHED';
  override readonly hint = 'Delete one, or let one server pass events on.';

  constructor(most: number) {
    super(`There are ${most} webhook endpoints already.`);
  }
}

export class WebhookDisabled extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'WEBHOOK_DISABLED';
  override readonly hint = 'Enable it first: PATCH it with {"disabled": false}.';

  constructor() {
    super('This endpoint is disabled.');
  }
}

export class DeliveryUnderWay extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'WEBHOOK_UNDER_WAY';
  override readonly hint = 'Wait half a minute, then look what became of it.';

  constructor() {
    super('This delivery is under way right now.');
  }
}
