import type { Environments } from './environments.js';
import { isReadableOnTheWire } from './on-the-wire.js';
import { isLongEnough } from './variables/secret-rules.js';

/** What is allowed, and yet not what the operator may think it is. */
export function warningsOf({ server, secrets, storage, limits }: Environments): string[] {
  const warnings: string[] = [];
  if (limits.SMS_DAILY_COST_LIMIT === 0) {
    warnings.push('SMS_DAILY_COST_LIMIT is 0: every text that costs anything is refused');
  }
  if (server.NODE_ENV === 'production' && !storage.DATABASE_URL) {
    warnings.push('DATABASE_URL is unset: the embedded database serves one process only');
  }
  if (server.NODE_ENV === 'production' && !server.PUBLIC_BASE_URL) {
    warnings.push(
      'PUBLIC_BASE_URL is unset: no delivery reports are asked for or taken, and proofs name the address that this server listens on as their issuer',
    );
  }
  if (server.NODE_ENV === 'production' && isReadableOnTheWire(storage.DATABASE_URL)) {
    warnings.push('DATABASE_URL leads to another machine without TLS that is checked: write ?sslmode=verify-full');
  }
  if (server.NODE_ENV === 'production' && isReadableOnTheWire(storage.REDIS_URL)) {
    warnings.push('REDIS_URL leads to another machine without TLS: write rediss://');
  }
  if (secrets.APP_SECRET && !isLongEnough(secrets.APP_SECRET)) {
    warnings.push('APP_SECRET is shorter than 32 bytes, which production refuses');
  }
  return warnings;
}
