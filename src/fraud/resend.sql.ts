/** What a resend asks before anything is taken of the phone, and what is written down with it. */
export interface ResendRow {
  /** Somebody proved to hold the number not long ago. */
  readonly known: boolean;
  /** Of the narrowest prefix that is blocked; null: none is. */
  readonly level: number | null;
  /** Seconds until the last of them is free. */
  readonly wait: number | null;
}

/** A country is never blocked, only challenged, and its challenge was asked for at the start. */
export const RESEND_GATE = {
  name: 'resend_gate',
  text: `SELECT $3::boolean AND EXISTS (
        SELECT 1 FROM phones WHERE phone_key = key_now($1) AND approved_at > now.at - interval '90 days') AS known, level, wait
    FROM (SELECT coalesce($4::timestamptz, clock_timestamp())) AS now(at) CROSS JOIN LATERAL (
      SELECT max(level)::int AS level, greatest(ceil(max(extract(epoch FROM blocked_until - now.at))), 1)::int AS wait
        FROM prefix_budgets WHERE key = ANY ($2::bytea[]) AND level > 1 AND blocked_until > now.at) AS blocked`,
};

/** The same of many at once. */
export const BLOCKED = {
  name: 'blocked_destinations',
  text: `SELECT DISTINCT p.index FROM (SELECT coalesce($4::timestamptz, clock_timestamp())) AS now(at),
      unnest($1::bytea[], $2::int[], $3::bytea[]) AS p(key, index, phone_key) JOIN prefix_budgets AS b ON b.key = p.key
    WHERE b.level > 1 AND b.blocked_until > now.at AND NOT is_known_phone(p.phone_key, now.at)`,
};

/** What `SendGuard.admitResend` found; a resend that is let through is written down by its own statement. */
export interface ResendDecision {
  readonly country: string;
  readonly lineType: string | null;
  readonly keys: readonly Uint8Array[];
  readonly mode: string;
  readonly verdict: string;
  readonly level: number | null;
  readonly reason: string | null;
  readonly known: boolean;
  readonly priceMicros: number;
}

/** The same as a statement takes it. */
export interface ResendDecisionParameters {
  readonly decided_country: string;
  readonly line_type: string | null;
  readonly prefix_keys: readonly Uint8Array[];
  readonly fraud_mode: string;
  readonly verdict: string;
  readonly level: number | null;
  readonly reason: string | null;
  readonly known: boolean;
  readonly decided_price: number;
}

/** @param id, at, from SQL: the message's id, when, and what makes rows only when it was written */
export const resendDecision = (id: string, at: string, from: string): string =>
  `INSERT INTO send_decisions (id, at, country, line_type, keys, mode, verdict, level, reason, refused, known, price_micros, resend)
    SELECT ${id}, ${at}, :decided_country::text, :line_type::text, :prefix_keys::bytea[], :fraud_mode::text, :verdict::text,
           :level::smallint, :reason::text, false, :known::boolean, :decided_price::bigint, true FROM ${from}`;

export const resendParameters = (decision: ResendDecision): ResendDecisionParameters => {
  const { country, lineType, keys, mode, priceMicros, ...judged } = decision;
  const { verdict, level, reason, known } = judged;
  return {
    ...{ decided_country: country, line_type: lineType, prefix_keys: keys, fraud_mode: mode },
    ...{ decided_price: priceMicros, verdict, level, reason, known },
  };
};
