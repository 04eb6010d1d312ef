import type { Caller } from './caller.js';

/** Keys that operators make while the program runs: another room keeps them. */
export abstract class IssuedKeys {
  /**
   * Called with every request, so it answers from memory, and asks nobody unless the key is new to it.
   * @param hash SHA-256 of the key, as hex
   * @throws {DomainError} when it cannot tell
   */
  abstract callerWith(hash: string): Caller | undefined | Promise<Caller | undefined>;
}

/** `sk_` and 256 random bits, so that logs are scrubbed of it and nothing else need be asked about. */
export const ISSUED_KEY = /^sk_[\w-]{43}$/;
