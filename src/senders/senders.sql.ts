import { audited, type AuditParameters } from '../audit/index.js';
import { named, type Statement } from '../prisma/index.js';

const NOW = 'coalesce(:at::timestamptz, clock_timestamp())';

export interface RestingRow {
  readonly provider: string;
  readonly sender: string;
  readonly since: Date;
  readonly until: Date;
  readonly reason: string;
}

export const RESTING: Statement = {
  name: 'senders_at_rest',
  text: 'SELECT provider, sender, since, until, reason FROM sender_rests WHERE until > coalesce($1::timestamptz, clock_timestamp())',
};

export interface UsedRow {
  readonly provider: string;
  readonly sender: string;
  readonly sent: number;
  readonly delivered: number;
  readonly undelivered: number;
}

/** Over the day's attempts, by the index that they have by their time: nothing is counted while texts are sent. */
export const USED: Statement = {
  name: 'senders_used',
  text: `SELECT provider, sender, count(*) FILTER (WHERE outcome IN ('accepted', 'unknown'))::int AS sent,
      count(*) FILTER (WHERE report = 'delivered')::int AS delivered,
      count(*) FILTER (WHERE report IN ('undelivered', 'failed'))::int AS undelivered
    FROM attempts WHERE started_at > coalesce($1::timestamptz, clock_timestamp()) - interval '24 hours' AND sender IS NOT NULL
    GROUP BY provider, sender`,
};

interface Which extends AuditParameters {
  readonly provider: string;
  readonly sender: string;
  readonly at: Date | null;
}

/** Again: from now on, and as long as is said now. */
export const REST = named<Which & { readonly hours: number; readonly reason: string }>(
  'rest_sender_by_hand',
  `WITH rested AS (
      INSERT INTO sender_rests (provider, sender, since, until, reason)
        VALUES (:provider, :sender, ${NOW}, ${NOW} + make_interval(hours => :hours::int), :reason)
        ON CONFLICT (provider, sender) DO UPDATE SET since = excluded.since, until = excluded.until, reason = excluded.reason
        RETURNING sender
    ), ${audited('rested', 'sender')}
    SELECT sender FROM rested`,
);

/** What led to the rest counts no more: the end of the rest stays there. */
export const WAKE = named<Which>(
  'wake_sender',
  `WITH woken AS (
      UPDATE sender_rests SET until = ${NOW} WHERE provider = :provider AND sender = :sender AND until > ${NOW} RETURNING sender
    ), ${audited('woken', 'sender')}
    SELECT sender FROM woken`,
);
