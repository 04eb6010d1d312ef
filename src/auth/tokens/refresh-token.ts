import { createHash, randomBytes } from 'node:crypto';

const BYTES = 32;
const SHAPE = /^[\w-]{43}$/;

/** 256 random bits: too many to guess, so a plain hash of them tells nothing, and outlives a change of secrets. */
export const newRefreshToken = (): string => randomBytes(BYTES).toString('base64url');

/** What is stored of one; undefined for what cannot be one. */
export const hashOf = (token: string): Buffer | undefined =>
  SHAPE.test(token) ? createHash('sha256').update(token).digest() : undefined;
