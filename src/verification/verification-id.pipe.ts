import { Injectable, type PipeTransform } from '@nestjs/common';

import { VerificationNotFound } from './verification.errors.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What is no UUID names no verification, and must not reach the database as one. */
@Injectable()
export class VerificationId implements PipeTransform<string, string> {
  transform(id: string): string {
    if (!UUID.test(id)) throw new VerificationNotFound();
    return id.toLowerCase();
  }
}
