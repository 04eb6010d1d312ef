import {
  DomainError,
  lookupKeysOf,
  openPhone,
  PhoneNumber,
  type KeyRing,
  type SealedPhone,
} from '../../kernel/index.js';
import { SCANNED, type PageParameters, type PageRow } from './ways.sql.js';

interface Asked {
  readonly phone?: string;
  readonly id?: string;
  readonly status?: string;
  readonly provider?: string;
  readonly country?: string;
  readonly before?: string;
  readonly limit: number;
}

/** A plus that was not escaped arrives as a space. @throws {InvalidPhoneFormat} */
export const phoneAsked = (phone: string): PhoneNumber => PhoneNumber.parse(phone.replace(/^ /, '+'));

export function pageParameters(asked: Asked, keys: KeyRing, now: Date | null): PageParameters {
  const { status = null, provider = null, country = null } = asked;
  const isAll = status === null && provider === null && country === null;
  return {
    phone_keys: asked.phone === undefined ? null : lookupKeysOf(keys, phoneAsked(asked.phone)),
    id: asked.id?.toLowerCase() ?? null,
    ...{ status, provider, country },
    before: asked.before?.toLowerCase() ?? null,
    scan: isAll ? asked.limit : SCANNED,
    most: asked.limit,
    now,
  };
}

/** Those that are there, and where the next page begins: it may turn out to be empty. */
export function pageOf<Row extends { readonly id: string }>(
  rows: readonly (PageRow & { readonly id: string | null })[],
  { most, scan }: PageParameters,
): { readonly found: readonly Row[]; readonly next: string | null } {
  const found = rows.filter(({ id }) => id !== null) as unknown as readonly Row[];
  if (found.length === most) return { found, next: found.at(-1)?.id ?? null };
  const [{ scanned = 0, last_id: last = null } = {}] = rows;
  return { found, next: scanned === scan ? last : null };
}

/** Of one whose secret is gone, nobody can say even that. */
export function maskedPhone(keys: KeyRing, row: SealedPhone): string {
  try {
    return openPhone(keys, row).masked;
  } catch (error) {
    if (error instanceof DomainError) return '+******';
    throw error;
  }
}
