import type { KeyRing } from './key-ring.js';
import type { PhoneNumber } from './phone-number.js';

export interface EraseOptions {
  /** Forget, too, that the phone asked for no more texts; else that stays, under its HMAC. */
  readonly optOut: boolean;
}

/** What one pass over the rows under the former secret came to. */
export interface Resealed {
  /** Rows that are now under the present secret. */
  readonly done: number;
  /** Rows that still need the former one. */
  readonly left: number;
  /** When the last of those is over, and can be done or is gone; null: now, or nobody knows. */
  readonly until: Date | null;
  /** Rows under a secret that is neither: nobody can read them any more, and no secret is to be kept for them. */
  readonly unreadable: number;
  /** Rows that tell no number and may be under the former secret: those end with it. */
  readonly stranded: number;
}

export const NOTHING_SEALED: Resealed = { done: 0, left: 0, until: null, unreadable: 0, stranded: 0 };

/** What one room keeps about phones. Each room that has such tables implements it for them. */
export abstract class PersonalData {
  /** A word for answers and logs, such as `verifications`. */
  abstract readonly name: string;

  /** What is kept, readable for its owner; never a code, a key, or the whole number. JSON. */
  abstract export(phone: PhoneNumber): Promise<unknown>;

  /** Under every key that the phone was ever kept by. @returns rows that are gone; again: 0 */
  abstract erase(phone: PhoneNumber, options: EraseOptions): Promise<number>;

  /** Takes away at most `batch` rows that are older than `days`, or than what they are for needs. @returns how many */
  abstract purge(batch: number, days: number): Promise<number>;

  /**
   * One pass over the rows under the former secret, `batch` at a time, which come under the present one.
   * @param batch 0: none is brought there, those that are left are counted
   * @param tell how many more are done, after each batch
   */
  abstract reseal(batch: number, tell: (done: number) => void): Promise<Resealed>;
}

/** A room that keeps nothing about phones, and whose rows are too old one day all the same. */
export abstract class NoPersonalData extends PersonalData {
  override export(): Promise<unknown> {
    return Promise.resolve([]);
  }

  override erase(): Promise<number> {
    return Promise.resolve(0);
  }

  override reseal(): Promise<Resealed> {
    return Promise.resolve(NOTHING_SEALED);
  }
}

/** By what a phone is looked up: under the present secret first, then under the previous one, while there is one. */
export function lookupKeysOf(keys: KeyRing, { line }: PhoneNumber): readonly Buffer[] {
  const former = keys.formerLookupKey('phone', line);
  return [keys.lookupKey('phone', line), ...(former ? [former] : [])];
}
