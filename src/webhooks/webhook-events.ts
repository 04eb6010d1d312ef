import { Inject, Injectable } from '@nestjs/common';

import { Clock } from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import { TEST_EVENT, type EmittedType } from './event-types.js';
import { FORGET_WEBHOOKS, TELL_WEBHOOKS } from './webhooks.sql.js';

const WHOLE_PHONE = /\+\d{7,15}\b/;

/** For other rooms: what operators' servers are to be told. */
@Injectable()
export class WebhookEvents {
  constructor(
    private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * Tells every endpoint that wants it, later and until it was taken. Inside a statement of one's own, the SQL function
   * `tell_webhooks(type, NULL, data, NULL)` does the same in its transaction.
   * @param data JSON as receivers will see it; no phone, no code @returns false when nobody wants it
   * @throws {DatabaseUnavailable}
   */
  emit(type: EmittedType, data: Readonly<Record<string, unknown>>): Promise<boolean> {
    return this.tell(type, data, null);
  }

  /** One event for one endpoint, whatever it wants. @returns false when it is disabled or gone */
  test(endpointId: string): Promise<boolean> {
    return this.tell(TEST_EVENT, { endpointId }, endpointId);
  }

  /** Removes all that is told about these messages and verifications, as when what is known of a phone is erased. */
  async forget(subjects: readonly string[]): Promise<void> {
    await this.database.query(FORGET_WEBHOOKS, [subjects]);
  }

  private async tell(type: string, data: object, endpoint: string | null): Promise<boolean> {
    const json = JSON.stringify(data);
    if (WHOLE_PHONE.test(json)) throw new Error(`the data of ${type} holds a phone`);
    const values = [type, json, this.clock.databaseTime(), endpoint];
    const [row] = await this.database.query<{ id: string | null }>(TELL_WEBHOOKS, values);
    return row?.id != null;
  }
}
