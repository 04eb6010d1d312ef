import { inspect } from 'node:util';

import { parsePhoneNumberFromString, type CountryCode, type NumberType } from 'libphonenumber-js/max';

import { DomainError } from './domain-error.js';

export type { CountryCode, NumberType };

export class InvalidPhoneFormat extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_PHONE_FORMAT';
  override readonly hint =
    'Send E.164, such as +14155552671, or a national number of the default region; no letters, no extension.';

  constructor(reason: string) {
    super(`Not a phone number: ${reason}.`);
  }
}

/** ASCII digits, one leading plus, and the separators people type. Anything else is refused, never guessed at. */
const SPELLING = /^[ ]*\+?[0-9 .\-()[\]]+$/;
const MAX_LENGTH = 40;
/** Below this many national digits, four shown digits would be nearly the whole number. */
const SHORT_NATIONAL_DIGITS = 6;

/**
 * One phone number in its one canonical spelling. Whatever prints it (JSON, a template string, the console, a logger)
 * gets the mask; the whole number is had only by asking for `e164`.
 */
export class PhoneNumber {
  readonly #e164: string;

  private constructor(
    e164: string,
    /** ISO 3166-1 alpha-2; undefined for non-geographic ranges such as satellite phones. */
    readonly country: CountryCode | undefined,
    /** By the number plan, so a ported or reassigned number may differ; undefined where the plan does not tell. */
    readonly lineType: NumberType,
    /** `+******2671`: six stars whatever is hidden, so that the mask tells neither length nor country. */
    readonly masked: string,
  ) {
    this.#e164 = e164;
  }

  /** @throws {InvalidPhoneFormat} when `text` is not a possible and valid number, has letters or an extension. */
  static parse(text: string, defaultRegion: CountryCode = 'US'): PhoneNumber {
    if (text.length > MAX_LENGTH) throw new InvalidPhoneFormat(`longer than ${MAX_LENGTH} characters`);
    if (!SPELLING.test(text))
      throw new InvalidPhoneFormat('only digits, spaces, dots, dashes, brackets and a leading + are read');
    const parsed = parsePhoneNumberFromString(text.trim(), { defaultCountry: defaultRegion, extract: false });
    if (!parsed?.isValid()) throw new InvalidPhoneFormat('no country has given out such a number');
    const shown = parsed.nationalNumber.length <= SHORT_NATIONAL_DIGITS ? 2 : 4;
    return new PhoneNumber(parsed.number, parsed.country, parsed.getType(), `+******${parsed.number.slice(-shown)}`);
  }

  /** `+` and up to 15 digits. The only way to the whole number: to send to it or to derive a key from it. */
  get e164(): string {
    return this.#e164;
  }

  /** What limits are counted by: Argentine mobiles have two numbers for one line, with and without a 9. */
  get line(): string {
    return this.country === 'AR' ? this.#e164.replace(/^\+549/, '+54') : this.#e164;
  }

  equals(other: PhoneNumber): boolean {
    return this.#e164 === other.#e164;
  }

  toString(): string {
    return this.masked;
  }

  toJSON(): string {
    return this.masked;
  }

  [inspect.custom](): string {
    return this.masked;
  }
}
