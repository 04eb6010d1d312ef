import type { PhoneNumber } from '../kernel/index.js';

/** What a line can be. */
export type Line =
  | 'mobile'
  | 'fixed-line'
  | 'voip'
  | 'toll-free'
  | 'premium-rate'
  | 'shared-cost'
  | 'uan'
  | 'voicemail'
  | 'pager'
  | 'personal-number';

/** What somebody who knows the networks says of one number. */
export interface LineInfo {
  /** Whether any phone can have it. */
  readonly isValid: boolean;
  /** Null: not known. */
  readonly line: Line | null;
  /** MCC and MNC, such as `310-260`; null: not known, or none. */
  readonly network: string | null;
  /** As its network calls itself, 100 characters at most. */
  readonly carrier: string | null;
}

/** Why there is no answer. Its message is logged: no number in it. */
export class LookupFailed extends Error {
  override readonly name = 'LookupFailed';

  /** @param mayCost whether it may be on the bill all the same */
  constructor(
    message: string,
    readonly mayCost: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Asks somebody who takes money for it. */
export interface Lookup {
  /** As the price list calls it, such as `twilio-lookup`. */
  readonly name: string;
  /** @throws {LookupFailed} and nothing else */
  find(phone: PhoneNumber, signal: AbortSignal): Promise<LineInfo>;
}
