import type { KeyRing, Sealed } from '../../kernel/index.js';

/** Bound to its endpoint, so that secrets cannot be swapped between rows. */
const contextOf = (endpointId: string) => Buffer.from(`webhook-endpoint\0${endpointId}`);

export const sealSecret = (keys: KeyRing, endpointId: string, secret: string): Sealed =>
  keys.seal(secret, contextOf(endpointId));

/** `whsec_...` @throws {SecretGone} when APP_SECRET was changed twice since */
export const openSecret = (keys: KeyRing, endpointId: string, sealed: Sealed): string =>
  keys.open(sealed, contextOf(endpointId));
