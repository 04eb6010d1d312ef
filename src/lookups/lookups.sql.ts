import { named } from '../prisma/index.js';

export interface KnownRow {
  readonly valid: boolean;
  readonly line: string | null;
  readonly network: string | null;
  readonly carrier: string | null;
}

const NOW = 'coalesce(:at::timestamptz, clock_timestamp())';

export const KNOWN = named<{ readonly keys: readonly Uint8Array[]; readonly at: Date | null }>(
  'known_lookup',
  `SELECT valid, line, network, carrier FROM lookups
    WHERE phone_key = ANY (:keys::bytea[]) AND found_at IS NOT NULL AND expires_at > ${NOW} ORDER BY found_at DESC LIMIT 1`,
);

export interface BeginParameters {
  readonly key: Uint8Array;
  readonly sealed: Uint8Array;
  readonly version: number;
  /** Of its prefix budgets, but for its country's. */
  readonly prefixes: readonly Uint8Array[];
  readonly provider: string;
  readonly country: string | null;
  readonly price: number;
  readonly cap: number;
  readonly kept: number;
  readonly most: number;
  /** For that long nobody else asks about it. */
  readonly lease_ms: number;
  readonly at: Date | null;
}

/** ours: to be asked now, and paid for; else why not. */
export type Leave = 'ours' | 'busy' | 'opted_out' | 'blocked' | 'limit' | 'cost';

export const BEGIN = named<BeginParameters>(
  'begin_lookup',
  `SELECT begin_lookup(:key, :sealed, :version, :prefixes, :provider, :country, :price, :cap, :kept, :most, :lease_ms, :at) AS leave`,
);

export interface EndParameters {
  readonly key: Uint8Array;
  readonly valid: boolean;
  readonly line: string | null;
  readonly network: string | null;
  readonly carrier: string | null;
  readonly days: number;
  readonly at: Date | null;
}

export const END = named<EndParameters>(
  'end_lookup',
  `UPDATE lookups SET valid = :valid, line = :line, network = :network, carrier = :carrier, found_at = ${NOW},
      expires_at = ${NOW} + make_interval(days => :days::int)
    WHERE phone_key = :key AND found_at IS NULL`,
);

export interface FailParameters {
  readonly key: Uint8Array;
  readonly refunded: boolean;
  readonly again_ms: number;
  readonly at: Date | null;
}

export const FAIL = named<FailParameters>('fail_lookup', 'SELECT fail_lookup(:key, :refunded, :again_ms, :at) AS done');
