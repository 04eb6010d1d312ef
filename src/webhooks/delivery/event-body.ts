import { type KeyRing, openPhone, SecretGone } from '../../kernel/index.js';
import type { ClaimedWebhook } from '../webhooks.sql.js';

/** What comes first in `data`; the rest follows in the order in which it was told. */
const ORDER = ['verificationId', 'messageId', 'status', 'purpose', 'channel', 'provider', 'phone'];

/** The body as it is first sent; it is kept, and every later try sends the same bytes. */
export function eventBody(row: ClaimedWebhook, keys: KeyRing): string {
  const data: Record<string, unknown> = { ...row.data, phone: maskedPhone(row, keys) };
  const known = ORDER.filter((name) => data[name] !== undefined).map((name) => [name, data[name]] as const);
  const others = Object.entries(row.data).filter(([name]) => !ORDER.includes(name));
  return JSON.stringify({
    type: row.type,
    timestamp: row.occurred_at.toISOString(),
    data: Object.fromEntries<unknown>([...known, ...others]),
  });
}

/** `+******2671`; undefined where the event is about no phone, or its row or secret is gone meanwhile. */
function maskedPhone({ phone_key, phone_sealed, key_version }: ClaimedWebhook, keys: KeyRing): string | undefined {
  if (!phone_key || !phone_sealed || key_version === null) return undefined;
  try {
    return openPhone(keys, { phone_key, phone_sealed, key_version }).masked;
  } catch (error) {
    if (error instanceof SecretGone) return undefined;
    throw error;
  }
}
