import { Injectable, type PipeTransform } from '@nestjs/common';

import { isUuid } from '../kernel/index.js';
import { VerificationNotFound } from './verification.errors.js';

/** What is no UUID names no verification, and must not reach the database as one. */
@Injectable()
export class VerificationId implements PipeTransform<string, string> {
  transform(id: string): string {
    const lower = id.toLowerCase();
    if (!isUuid(lower)) throw new VerificationNotFound();
    return lower;
  }
}
