import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

import { DomainError } from './domain-error.js';

/** Every key derived from one secret. The version names the secret, so that a row tells which one it was written under. */
interface Keys {
  readonly version: number;
  readonly lookup: Buffer;
  readonly seal: Buffer;
  readonly code: Buffer;
  readonly signing: Readonly<Record<SigningUse, Buffer>>;
}

/** What was written under a secret that is gone can be neither read nor checked any more. */
export class SecretGone extends DomainError {
  readonly kind = 'gone';
  readonly code = 'VERIFICATION_EXPIRED';
  override readonly hint = 'Start a new verification. Operators: put the former APP_SECRET into APP_SECRET_PREVIOUS.';

  constructor() {
    super('This was made under a secret that is gone.');
  }
}

/** What a signature is for: one kind of token is never taken for another, if only because its key is another. */
export type SigningUse = 'proof' | 'login';

export type LookupKind = 'phone' | 'ip' | 'idempotency-key' | 'request' | 'prefix' | 'challenge' | 'sender';

export interface Sealed {
  readonly version: number;
  readonly data: Uint8Array;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

function derive(secret: string): Keys {
  const key = (use: string, bytes: number) => Buffer.from(hkdfSync('sha256', secret, 'sixdigit', use, bytes));
  return {
    version: key('version', 4).readUInt32BE() >>> 1, // 31 bits: a positive int4
    lookup: key('phone-lookup', 32),
    seal: key('phone-seal', 32),
    code: key('verification-code', 32),
    signing: { proof: key('proof-signing', 48), login: key('login-signing', 48) },
  };
}

/** The keys under `APP_SECRET`, and under `APP_SECRET_PREVIOUS` while rows written with it are still alive. */
export class KeyRing {
  private readonly current: Keys;
  private readonly all: readonly Keys[];

  constructor(secret: string, previous?: string) {
    this.current = derive(secret);
    this.all = previous === undefined ? [this.current] : [this.current, derive(previous)];
  }

  get version(): number {
    return this.current.version;
  }

  /** The version of the previous secret, while there is one. */
  get formerVersion(): number | null {
    return this.all[1]?.version ?? null;
  }

  /** 32 bytes by which rows about one phone (or address, or request) find each other; tells nothing without the secret. */
  lookupKey(kind: LookupKind, value: string): Buffer {
    return createHmac('sha256', this.current.lookup).update(`${kind}\0${value}`).digest();
  }

  /** The same under the previous secret, while there is one: what was written under it is still to be found. */
  formerLookupKey(kind: LookupKind, value: string): Buffer | null {
    const [, former] = this.all;
    return former ? createHmac('sha256', former.lookup).update(`${kind}\0${value}`).digest() : null;
  }

  /** AES-256-GCM under the current key. @param context must be the same at `open`, so that rows cannot be swapped. */
  seal(text: string, context: Uint8Array): Sealed {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.current.seal, nonce).setAAD(context);
    const data = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return { version: this.current.version, data };
  }

  /** @throws when the row was changed, or its secret is neither the current nor the previous one. */
  open({ version, data }: Sealed, context: Uint8Array): string {
    const sealed = Buffer.from(data);
    const decipher = createDecipheriv('aes-256-gcm', this.keys(version).seal, sealed.subarray(0, NONCE_BYTES))
      .setAAD(context)
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString(
      'utf8',
    );
  }

  /** Key for deriving the codes of rows written under `version`. */
  codeKey(version: number): Buffer {
    return this.keys(version).code;
  }

  /** 48 bytes a secret, current first, from which signing keys are made. */
  signingSeeds(use: SigningUse): readonly Buffer[] {
    return this.all.map(({ signing }) => signing[use]);
  }

  private keys(version: number): Keys {
    const keys = this.all.find((candidate) => candidate.version === version);
    if (!keys) throw new SecretGone();
    return keys;
  }
}
