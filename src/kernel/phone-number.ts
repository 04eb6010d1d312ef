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
/** In characters of E.164: a plus, and three digits for the country at most. */
const LONGEST_WITH_SHORT_NATIONAL = 1 + 3 + SHORT_NATIONAL_DIGITS;

/** What the number plan says about a number. */
interface Plan {
  readonly country: CountryCode | undefined;
  readonly lineType: NumberType;
}

const mask = (e164: string, shown: number): string => `+******${e164.slice(-shown)}`;

/**
 * One phone number in its one canonical spelling. Whatever prints it (JSON, a template string, the console, a logger)
 * gets the mask; the whole number is had only by asking for `e164`.
 */
export class PhoneNumber {
  readonly #e164: string;
  #plan: Plan | undefined;

  private constructor(
    e164: string,
    /** `+******2671`: six stars whatever is hidden, so that the mask tells neither length nor country. */
    readonly masked: string,
    plan?: Plan,
  ) {
    this.#e164 = e164;
    this.#plan = plan;
  }

  /** @throws {InvalidPhoneFormat} when `text` is not a possible and valid number, has letters or an extension. */
  static parse(text: string, defaultRegion: CountryCode = 'US'): PhoneNumber {
    if (text.length > MAX_LENGTH) throw new InvalidPhoneFormat(`longer than ${MAX_LENGTH} characters`);
    if (!SPELLING.test(text))
      throw new InvalidPhoneFormat('only digits, spaces, dots, dashes, brackets and a leading + are read');
    const parsed = parsePhoneNumberFromString(text.trim(), { defaultCountry: defaultRegion, extract: false });
    // A number of a known type is valid: asking for both would match every pattern twice.
    const lineType = parsed?.getType();
    if (!parsed || !(lineType ?? parsed.isValid()))
      throw new InvalidPhoneFormat('no country has given out such a number');
    const shown = parsed.nationalNumber.length <= SHORT_NATIONAL_DIGITS ? 2 : 4;
    return new PhoneNumber(parsed.number, mask(parsed.number, shown), { country: parsed.country, lineType });
  }

  /** A number that `parse` gave out before, such as one that was kept sealed: it is not judged again. */
  static restore(e164: string): PhoneNumber {
    return e164.length > LONGEST_WITH_SHORT_NATIONAL ? new PhoneNumber(e164, mask(e164, 4)) : PhoneNumber.parse(e164);
  }

  /** `+` and up to 15 digits. The only way to the whole number: to send to it or to derive a key from it. */
  get e164(): string {
    return this.#e164;
  }

  /** ISO 3166-1 alpha-2; undefined for non-geographic ranges such as satellite phones. */
  get country(): CountryCode | undefined {
    return this.plan.country;
  }

  /** By the number plan, so a ported or reassigned number may differ; undefined where the plan does not tell. */
  get lineType(): NumberType {
    return this.plan.lineType;
  }

  /** What limits are counted by: Argentine mobiles have two numbers for one line, with and without a 9. */
  get line(): string {
    return this.#e164.replace(/^\+549/, '+54');
  }

  private get plan(): Plan {
    return (this.#plan ??= PhoneNumber.parse(this.#e164).plan);
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
