import { createECDH, createHash, createPrivateKey, type KeyObject } from 'node:crypto';

/** Order of the group of P-256 (FIPS 186-5, D.1.2.3). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const SCALAR_BYTES = 32;

export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: 'ES256';
  readonly use: 'sig';
}

export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicJwk: PublicJwk;
}

/**
 * The P-256 key that a seed stands for, so that every instance signs with the same key and none is stored.
 * @param seed at least 48 bytes: 16 more than a scalar, which makes the reduction's bias negligible (FIPS 186-5, A.2.1)
 */
export function signingKeyFrom(seed: Buffer): SigningKey {
  const scalar = (BigInt(`0x${seed.toString('hex')}`) % (ORDER - 1n)) + 1n;
  const d = Buffer.from(scalar.toString(16).padStart(SCALAR_BYTES * 2, '0'), 'hex');
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(d);
  const point = ecdh.getPublicKey().subarray(1); // without the marker of an uncompressed point
  const x = point.subarray(0, SCALAR_BYTES).toString('base64url');
  const y = point.subarray(SCALAR_BYTES).toString('base64url');
  const jwk = { kty: 'EC', crv: 'P-256', x, y } as const;
  // RFC 7638: the thumbprint is over these members in this order.
  const kid = createHash('sha256')
    .update(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x, y }))
    .digest('base64url');
  return {
    privateKey: createPrivateKey({ key: { ...jwk, d: d.toString('base64url') }, format: 'jwk' }),
    publicJwk: { ...jwk, kid, alg: 'ES256', use: 'sig' },
  };
}
