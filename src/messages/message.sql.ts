import type { WindowRow } from '../limits/index.js';
import { named } from '../prisma/index.js';
import { resendDecision, type ResendDecisionParameters } from '../fraud/index.js';

export interface OpenedText extends WindowRow {
  readonly opted_out: boolean;
  readonly created_at: Date;
}

export interface OpenTextParameters extends ResendDecisionParameters {
  readonly id: string;
  readonly phone_key: Uint8Array;
  readonly phone_sealed: Uint8Array;
  readonly key_version: number;
  readonly template: string;
  readonly body_sealed: Uint8Array;
  readonly ttl_secs: number;
  readonly lease_ms: number;
  readonly attempt_id: string | null;
  readonly provider: string | null;
  readonly channel: string;
  readonly locale: string;
  readonly template_version: number | null;
  readonly variant: string | null;
  readonly sender: string | null;
  readonly route: string | null;
  readonly country: string | null;
  readonly price_micros: number;
  readonly reserve_micros: number;
  readonly cap_micros: number;
  readonly kept_micros: number;
  /** Null where the hit was taken elsewhere. */
  readonly quotas: readonly number[] | null;
  readonly secs: readonly number[];
  readonly at: Date | null;
}

/** Takes the hit, writes the message and its first attempt, and reserves what it may cost; or nothing of that. */
export const OPEN_TEXT = named<OpenTextParameters>(
  'open_text',
  `WITH opened AS (
      SELECT * FROM open_text(:id, :phone_key, :phone_sealed, :key_version, :template, :body_sealed, :ttl_secs, :lease_ms,
        :attempt_id, :provider, :channel, :locale, :template_version, :variant, :sender, :route, :country, :price_micros,
        :reserve_micros, :cap_micros, :kept_micros, :quotas, :secs, :at)
    ), decision AS (
      ${resendDecision(':id::uuid', 'created_at', 'opened WHERE NOT opted_out AND refused_by IS NULL')}
    )
    SELECT * FROM opened`,
);

export const ADOPT_PHONE = { name: 'adopt_phone', text: 'SELECT adopt_phone($1, $2)' };
