import { Injectable } from '@nestjs/common';

import {
  KeyRing,
  lookupKeysOf,
  NOTHING_SEALED,
  PersonalData,
  type PhoneNumber,
  type Resealed,
} from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import { WebhookEndpoints } from './endpoints/webhook-endpoints.js';

const EXPORT = {
  name: 'export_webhooks',
  text: `WITH keys AS (SELECT phone_keys($1::bytea[]) AS known), subjects AS (
      SELECT id FROM verifications, keys WHERE phone_key = ANY (known)
      UNION SELECT m.id FROM messages AS m JOIN verifications AS v ON v.id = m.verification_id, keys WHERE v.phone_key = ANY (known)
      UNION SELECT id FROM messages, keys WHERE verification_id IS NULL AND phone_key = ANY (known))
    SELECT e.type, e.subject_id AS "about", e.occurred_at AS "at",
        (SELECT count(*)::int FROM webhook_deliveries AS d WHERE d.event_id = e.id AND d.status = 'delivered') AS "toldTo"
      FROM webhook_events AS e JOIN subjects ON subjects.id = e.subject_id ORDER BY e.occurred_at`,
};
const LEFT = {
  name: 'webhooks_left',
  text: `SELECT count(*) FILTER (WHERE key_version = $1)::int AS left,
      count(*) FILTER (WHERE key_version IS DISTINCT FROM $1)::int AS unreadable FROM webhook_endpoints WHERE key_version <> $2`,
};

/** What servers were told about a phone's verifications and texts, and the secrets that it is signed with. */
@Injectable()
export class WebhookData extends PersonalData {
  readonly name = 'webhooks';

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly endpoints: WebhookEndpoints,
  ) {
    super();
  }

  export(phone: PhoneNumber): Promise<unknown> {
    return this.database.query(EXPORT, [lookupKeysOf(this.keys, phone)]);
  }

  /** `erase_verifications` and `erase_messages` take them along, in the same transaction. */
  erase(): Promise<number> {
    return Promise.resolve(0);
  }

  /** The worker sees to that, every minute. */
  purge(): Promise<number> {
    return Promise.resolve(0);
  }

  async reseal(batch: number, tell: (done: number) => void): Promise<Resealed> {
    const done = batch === 0 ? 0 : await this.endpoints.reseal();
    tell(done);
    const [row] = await this.database.query<Pick<Resealed, 'left' | 'unreadable'>>(LEFT, [
      this.keys.formerVersion,
      this.keys.version,
    ]);
    return { ...NOTHING_SEALED, ...row, done };
  }
}
