import type { Operator } from '../http/index.js';

/** Something that an operator did. */
export interface Act {
  readonly who: Operator;
  /** What was done, as `key.create`. */
  readonly act: string;
}

/**
 * The part of a statement that writes down what another part of it did: both are there, or neither is.
 * @param from the name of that part, whose rows were changed
 * @param subject an expression over its columns: an id, never a phone
 * Takes `:audit_at` (null: the database's clock), `:audit_who`, `:audit_act` and `:audit_address`.
 */
export const audited = (from: string, subject: string): string => `
  audit AS (INSERT INTO admin_audit (at, who, act, subject, address)
    SELECT coalesce(:audit_at::timestamptz, clock_timestamp()), :audit_who::text, :audit_act::text, (${subject})::text, :audit_address::text
    FROM ${from})`;
