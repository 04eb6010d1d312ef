import { Inject, Injectable } from '@nestjs/common';

import { DomainError, type CountryCode, type PhoneNumber } from '../kernel/index.js';
import { FRAUD_OPTIONS, type FraudOptions } from './fraud.options.js';

export class DestinationNotAllowed extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'DESTINATION_NOT_ALLOWED';
  override readonly extensions: { readonly reason: string };

  constructor(
    reason: 'country' | 'unreachable_number' | 'opted_out',
    message: string,
    override readonly hint: string,
  ) {
    super(message);
    this.extensions = { reason };
  }
}

/** Where texts may go at all: decided from the number alone, before the database and before any money. */
@Injectable()
export class DestinationPolicy {
  private readonly allowed: ReadonlySet<CountryCode> | undefined;

  constructor(@Inject(FRAUD_OPTIONS) options: FraudOptions) {
    this.allowed = options.allowedCountries && new Set(options.allowedCountries);
  }

  /** @throws {DestinationNotAllowed} */
  admit(phone: PhoneNumber): void {
    if (!this.allowed || (phone.country && this.allowed.has(phone.country))) return;
    throw new DestinationNotAllowed(
      'country',
      `Texts to ${phone.country ?? 'non-geographic numbers'} are switched off.`,
      'Add the country to ALLOWED_COUNTRIES to send there.',
    );
  }
}
