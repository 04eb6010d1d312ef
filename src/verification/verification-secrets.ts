import { Injectable } from '@nestjs/common';

import { KeyRing, PhoneNumber } from '../kernel/index.js';
import { deriveCode } from './code.js';
import type { PhoneRow } from './verification.sql.js';

/** What a row does not say in the clear: whose it is, and which code goes with it. @throws {SecretGone} */
@Injectable()
export class VerificationSecrets {
  constructor(private readonly keys: KeyRing) {}

  phoneOf(row: Pick<PhoneRow, 'phone_key' | 'phone_sealed' | 'key_version'>): PhoneNumber {
    return PhoneNumber.restore(this.keys.open({ version: row.key_version, data: row.phone_sealed }, row.phone_key));
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
