import type { PhoneNumber } from '../kernel/index.js';

export interface TestNumbersOptions {
  /** The only code that is right for each number, by `PhoneNumber.line`. */
  readonly codes: Readonly<Record<string, string>>;
  /** Milliseconds since 1970; without it they do not end. */
  readonly validUntil?: number;
}

/**
 * Numbers that the operator gave a fixed code: no text goes there, and no limit, price or statistic knows of them. Looked up in
 * memory, so that who has none pays nothing. Once they have ended, what was started for them has no right code any more.
 */
export class TestNumbers {
  private readonly codes: ReadonlyMap<string, string>;
  private readonly validUntil: number;

  constructor(
    { codes, validUntil = Infinity }: TestNumbersOptions,
    private readonly now: () => number = Date.now,
  ) {
    this.codes = new Map(Object.entries(codes));
    this.validUntil = validUntil;
  }

  /** Undefined: a number like any other. */
  codeOf(phone: PhoneNumber): string | undefined {
    return this.codes.size > 0 && this.now() < this.validUntil ? this.codes.get(phone.line) : undefined;
  }

  has(phone: PhoneNumber): boolean {
    return this.codeOf(phone) !== undefined;
  }
}
