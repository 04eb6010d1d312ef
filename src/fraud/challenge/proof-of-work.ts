import { createHash, randomBytes, randomUUID } from 'node:crypto';

import { isSameSecret, type Clock, type KeyRing, type PhoneNumber } from '../../kernel/index.js';
import type { SlidingWindows } from '../../limits/index.js';
import { ChallengeVerifier, type ChallengeAnswer } from './challenge.js';

const SECS = 300;
const SHAPE = /^[A-Za-z0-9_-]{32}\.[A-Za-z0-9_-]{43}$/;

/**
 * A client finds a `nonce` for which SHA-256 of `seed:nonce` begins with so many zero bits. The seed is kept nowhere: it says
 * until when it is good, and is signed together with the phone. Used ones are remembered until then.
 */
export class ProofOfWork extends ChallengeVerifier {
  constructor(
    private readonly bits: number,
    private readonly keys: KeyRing,
    private readonly windows: SlidingWindows,
    private readonly clock: Clock,
  ) {
    super();
  }

  demand(phone: PhoneNumber) {
    const expires = Math.floor(this.clock.now().getTime() / 1_000) + SECS;
    const bytes = randomBytes(24);
    bytes.writeUInt32BE(expires);
    const text = bytes.toString('base64url');
    const seed = `${text}.${this.keys.lookupKey('challenge', subject(text, phone)).toString('base64url')}`;
    return { type: 'proof-of-work', seed, bits: this.bits, expiresAt: new Date(expires * 1_000).toISOString() };
  }

  async verify(phone: PhoneNumber, { seed, nonce }: ChallengeAnswer): Promise<boolean> {
    if (!seed || !nonce || !SHAPE.test(seed)) return false;
    const [text = '', signature = ''] = seed.split('.');
    const signers = [
      this.keys.lookupKey('challenge', subject(text, phone)),
      this.keys.formerLookupKey('challenge', subject(text, phone)),
    ];
    if (!signers.some((key) => key && isSameSecret(signature, key.toString('base64url')))) return false;
    if (Buffer.from(text, 'base64url').readUInt32BE() * 1_000 <= this.clock.now().getTime()) return false;
    if (zeroBits(createHash('sha256').update(`${seed}:${nonce}`).digest()) < this.bits) return false;
    const hit = { id: randomUUID(), key: this.keys.lookupKey('challenge', seed), formerKey: null };
    // Longer than it is good for, whatever the clocks of this process and of the store say.
    const taken = await this.windows.take(hit, { quotas: [1], secs: [SECS * 4] });
    return taken.refused_by === null;
  }
}

const subject = (text: string, phone: PhoneNumber) => `seed\0${text}\0${phone.line}`;

function zeroBits(hash: Buffer): number {
  const first = hash.readUInt32BE();
  return first === 0 ? 32 : Math.clz32(first);
}
