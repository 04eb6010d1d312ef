import type { PhoneNumber, QuotaState } from '../kernel/index.js';
import type { DeliveryStatus } from '../sms/index.js';
import type { PhoneColumns } from './verification.repository.js';
import type { OpenedRow } from './verification.sql.js';
import type { VerificationState } from './verification.types.js';

interface Known {
  readonly id: string;
  readonly phone: PhoneNumber;
  readonly channel: string;
  readonly purpose: string;
  readonly row: Pick<OpenedRow, 'created_at' | 'expires_at' | 'next_send_at'>;
  readonly quotas: readonly QuotaState[];
  readonly checksLeft: number;
  /** Its last text. */
  readonly newest?: { readonly id: string; readonly status: DeliveryStatus; readonly channel: string } | null;
  /** Undefined where it is not shown. */
  readonly code?: string | undefined;
}

/** What is answered about a verification that is open. */
export function stateOf({
  id,
  phone,
  channel,
  purpose,
  row,
  quotas,
  checksLeft,
  newest,
  code,
}: Known): VerificationState {
  return {
    id,
    status: 'pending',
    phone: phone.masked,
    channel: newest?.channel ?? channel,
    purpose,
    ...(newest && { delivery: newest.status, messageId: newest.id }),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    nextSendAt: row.next_send_at,
    sendsLeft: Math.min(...quotas.map(({ remaining }) => remaining)),
    checksLeft,
    ...(code !== undefined && { testCode: code }),
    quotas,
  };
}

/** Prisma's row in the words of our own statements. */
export function secretColumns(row: PhoneColumns & { readonly purpose: string; readonly codeLength: number }) {
  const { purpose, codeLength: code_length } = row;
  return { phone_key: row.phoneKey, phone_sealed: row.phoneSealed, key_version: row.keyVersion, purpose, code_length };
}
