import { Inject, Injectable } from '@nestjs/common';

import { DomainError, type CountryCode, type PhoneNumber } from '../kernel/index.js';
import type { LineInfo } from '../lookups/index.js';
import type { Channel } from '../sms/index.js';
import { DEFAULT_BLOCKED_LINES, lineOf, type LineType } from './line-type.js';
import { FRAUD_OPTIONS, type FraudOptions } from './fraud.options.js';

export class DestinationNotAllowed extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'DESTINATION_NOT_ALLOWED';
  override readonly extensions: { readonly reason: string };

  constructor(
    readonly reason: 'country' | 'line_type' | 'unreachable_number' | 'opted_out' | 'test_number',
    message: string,
    override readonly hint: string,
  ) {
    super(message);
    this.extensions = { reason };
  }
}

/** Lines that get no texts, and can be called. */
const CALLABLE: ReadonlySet<LineType> = new Set(['fixed-line']);

/** For every text to that person, of whatever kind. */
export const optedOut = () =>
  new DestinationNotAllowed(
    'opted_out',
    'This person asked for no more texts.',
    'They can text START to the sender to get texts again.',
  );

/** Where texts may go at all: decided from the number alone, before the database and before any money. */
@Injectable()
export class DestinationPolicy {
  private readonly allowed: ReadonlySet<CountryCode> | undefined;
  private readonly blocked: ReadonlySet<CountryCode>;
  private readonly lines: ReadonlySet<LineType>;
  private readonly isTestNumber: FraudOptions['isTestNumber'];

  constructor(@Inject(FRAUD_OPTIONS) options: FraudOptions) {
    this.allowed = options.allowedCountries && new Set(options.allowedCountries);
    this.blocked = new Set(options.blockedCountries);
    this.lines = new Set(options.blockedLineTypes ?? DEFAULT_BLOCKED_LINES);
    this.isTestNumber = options.isTestNumber;
  }

  /** @throws {DestinationNotAllowed} */
  admit(phone: PhoneNumber, channel: Channel = 'sms'): void {
    if (this.isTestNumber?.(phone))
      throw new DestinationNotAllowed(
        'test_number',
        'No text is sent to a test number.',
        'Start a verification of it, and check its fixed code. Operators: TEST_NUMBERS has it.',
      );
    const { country } = phone;
    if ((this.allowed && !(country && this.allowed.has(country))) || (country && this.blocked.has(country))) {
      throw new DestinationNotAllowed(
        'country',
        `Texts to ${country ?? 'non-geographic numbers'} are switched off.`,
        'Operators: ALLOWED_COUNTRIES and BLOCKED_COUNTRIES say where texts may go.',
      );
    }
    this.admitLine(lineOf(phone), [channel]);
  }

  /** By what a network says of it. @throws {DestinationNotAllowed} */
  admitInfo({ isValid, line }: Pick<LineInfo, 'isValid' | 'line'>, channels: readonly Channel[]): void {
    if (!isValid)
      throw new DestinationNotAllowed('unreachable_number', 'No phone has this number.', 'Ask for a mobile number.');
    if (line && line !== 'mobile') this.admitLine(line, channels);
  }

  private admitLine(line: LineType | undefined, channels: readonly Channel[]): void {
    if (!line || !this.lines.has(line) || (channels.includes('voice') && CALLABLE.has(line))) return;
    throw new DestinationNotAllowed(
      'line_type',
      `Texts to ${line} numbers are switched off.`,
      'Ask for a mobile number. Operators: BLOCKED_LINE_TYPES says which lines get no texts.',
    );
  }
}
