import { Injectable } from '@nestjs/common';

import { KeyRing, openPhone, type PhoneNumber, type SealedPhone } from '../kernel/index.js';
import { deriveCode } from './code.js';
import type { PhoneRow } from './verification.sql.js';

/** What a row does not say in the clear: whose it is, and which code goes with it. @throws {SecretGone} */
@Injectable()
export class VerificationSecrets {
  constructor(private readonly keys: KeyRing) {}

  phoneOf(row: SealedPhone): PhoneNumber {
    return openPhone(this.keys, row);
  }

  codeOf(
    verificationId: string,
    row: Pick<PhoneRow, 'purpose' | 'key_version' | 'code_length'>,
    phone: PhoneNumber,
  ): string {
    const subject = { verificationId, purpose: row.purpose, phone, digits: row.code_length };
    return deriveCode(this.keys.codeKey(row.key_version), subject);
  }
}
