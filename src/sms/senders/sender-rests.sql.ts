import { named, type Statement } from '../../prisma/index.js';

/** As many different phones within an hour, and at least one of so many of that hour's texts, before a sender rests. */
export const BLOCKED_PHONES = 3;
export const ONE_OF = 10;
export const REST_HOURS = 24;

export interface RestRow {
  readonly provider: string;
  readonly sender: string;
  readonly left_ms: number;
}

const NOW = 'coalesce($1::timestamptz, clock_timestamp())';

export const RESTING: Statement = {
  name: 'resting_senders',
  text: `SELECT provider, sender, (extract(epoch FROM until - ${NOW}) * 1000)::float8 AS left_ms FROM sender_rests WHERE until > ${NOW}`,
};

export interface BlockParameters {
  readonly provider: string;
  readonly message_id: string;
  readonly code: string;
  /** One is enough. */
  readonly at_once: boolean;
  readonly at: Date | null;
}

/** Takes a blocked text down against its sender; a row when that is why the sender now rests. */
export const BLOCK = named<BlockParameters>(
  'block_sender',
  `SELECT sender FROM block_sender(:provider, :message_id, :code, CASE WHEN :at_once THEN 1 ELSE ${BLOCKED_PHONES} END,
     ${ONE_OF}, ${REST_HOURS}, :at) AS sender WHERE sender IS NOT NULL`,
);

export interface RestParameters {
  readonly provider: string;
  readonly sender: string;
  readonly hours: number;
  readonly reason: string;
  readonly at: Date | null;
}

export const REST = named<RestParameters>(
  'rest_sender',
  'SELECT rest_sender(:provider, :sender, :hours, :reason, :at) AS rested',
);
