import type { KeyRing } from './key-ring.js';
import { PhoneNumber } from './phone-number.js';

/** A phone as rows hold it: sealed, and bound to the key that it is looked up by. */
export interface SealedPhone {
  readonly phone_key: Uint8Array;
  readonly phone_sealed: Uint8Array;
  /** Names the secret that both were made under. */
  readonly key_version: number;
}

/** @throws {SecretGone} when that secret is neither the current nor the previous one */
export function openPhone(keys: KeyRing, { phone_key, phone_sealed, key_version }: SealedPhone): PhoneNumber {
  return PhoneNumber.restore(keys.open({ version: key_version, data: phone_sealed }, phone_key));
}
