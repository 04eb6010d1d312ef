import { Inject, Injectable, Logger } from '@nestjs/common';

import { Clock, KeyRing, PhoneNumber } from '../../kernel/index.js';
import { Database } from '../../prisma/index.js';
import { OPT_IN, OPT_OUT } from './outbox.sql.js';

/** Who asked for no more texts, from whichever sender: by keys that tell no number. */
@Injectable()
export class OptOuts {
  private readonly logger = new Logger('OptOuts');

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** @param source who told us: a provider @throws {DatabaseUnavailable} */
  async add(phone: PhoneNumber, source: string): Promise<void> {
    await this.database.query(OPT_OUT, [this.keysOf(phone), source, this.clock.databaseTime()]);
    this.logger.log(`${phone} gets no more texts: it asked for that by ${source}`);
  }

  /** @throws {DatabaseUnavailable} */
  async remove(phone: PhoneNumber, source: string): Promise<void> {
    await this.database.query(OPT_IN, [this.keysOf(phone)]);
    this.logger.log(`${phone} gets texts again: it asked for that by ${source}`);
  }

  /** Messages that are still alive may be under the previous secret. */
  private keysOf(phone: PhoneNumber): Buffer[] {
    const former = this.keys.formerLookupKey('phone', phone.line);
    return [this.keys.lookupKey('phone', phone.line), ...(former ? [former] : [])];
  }
}
