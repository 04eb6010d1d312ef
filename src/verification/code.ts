import { createHmac } from 'node:crypto';

import type { PhoneNumber } from '../kernel/index.js';

/** What a code is derived from: the same four always give the same code, so it is never stored. */
export interface CodeSubject {
  readonly verificationId: string;
  readonly purpose: string;
  readonly phone: PhoneNumber;
  /** 4 to 10. */
  readonly digits: number;
}

const WORD_BYTES = 8;
const WORDS = 2n ** 64n;

/** HMAC-SHA-256 of the subject, reduced to `digits` decimal digits without bias: words beyond the last whole multiple are skipped. */
export function deriveCode(key: Buffer, { verificationId, purpose, phone, digits }: CodeSubject): string {
  const codes = 10n ** BigInt(digits);
  const fair = WORDS - (WORDS % codes);
  for (let round = 0; ; round++) {
    const subject = ['code-v1', verificationId, purpose, phone.e164, digits, round].join('\0');
    const hash = createHmac('sha256', key).update(subject).digest();
    for (let at = 0; at < hash.length; at += WORD_BYTES) {
      const word = hash.readBigUInt64BE(at);
      if (word < fair) return (word % codes).toString().padStart(digits, '0');
    }
  }
}
