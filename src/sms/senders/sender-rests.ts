import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';

import { Clock, Rounds } from '../../kernel/index.js';
import { Database, valuesFor } from '../../prisma/index.js';
import type { DeliveryReport } from '../provider/delivery-report.js';
import { OwnSenders } from './own-senders.js';
import { BLOCK, REST, REST_HOURS, RESTING, type RestRow } from './sender-rests.sql.js';
import { Senders } from './senders.js';

const EVERY_MS = 2_000;
const HOUR_MS = 3_600_000;

/** Which senders rest, in the database: every instance knows within seconds, and after a restart. */
@Injectable()
export class SenderRests implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Senders');
  private readonly rounds = new Rounds(
    async () => {
      await this.refresh();
      this.isBlind = false;
    },
    EVERY_MS,
    () => this.cannotSee(),
  );
  private isBlind = false;

  constructor(
    private readonly database: Database,
    private readonly senders: Senders,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    if (!(this.senders instanceof OwnSenders)) return;
    this.senders.onUnusable((provider, sender) => void this.unusable(provider, sender));
    // Where there is no choice, who rests is of no interest to whoever sends.
    if (this.senders.isChoice) this.rounds.start(0);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** @throws {DatabaseUnavailable} and then those rest that rested before */
  async refresh(): Promise<void> {
    const rows = await this.database.query<RestRow>(RESTING, [this.clock.databaseTime()]);
    const rests = rows.map(({ provider, sender, left_ms: leftMs }) => ({ provider, sender, leftMs }));
    if (this.senders instanceof OwnSenders) this.senders.restOnly(rests);
  }

  /** After a report about a message of ours was written down. @throws {DatabaseUnavailable} so that it is told again */
  async reported(provider: string, messageId: string, { code, senderFault }: DeliveryReport): Promise<void> {
    if (!senderFault || code === undefined) return;
    const said = { provider, message_id: messageId, code, at_once: senderFault === 'unusable' };
    const values = valuesFor(BLOCK, { ...said, at: this.clock.databaseTime() });
    const [rested] = await this.database.query<{ sender: string }>(BLOCK, values);
    if (rested) this.rests(provider, rested.sender, `code ${code}`);
  }

  private async unusable(provider: string, sender: string): Promise<void> {
    this.rests(provider, sender, 'the provider takes no text from it');
    const said = { provider, sender, hours: REST_HOURS, reason: 'unusable', at: this.clock.databaseTime() };
    await this.database.query(REST, valuesFor(REST, said)).catch(() => {
      this.logger.error(`that a sender of ${provider} rests could not be written down: other instances do not know`);
    });
  }

  private rests(provider: string, sender: string, reason: string): void {
    if (this.senders instanceof OwnSenders) this.senders.rest({ provider, sender, leftMs: REST_HOURS * HOUR_MS });
    this.logger.warn(`a sender of ${provider} rests for ${REST_HOURS} h: ${reason}; see "senders"`);
  }

  private cannotSee(): void {
    if (!this.isBlind) this.logger.error('which senders rest cannot be read: those rest that rested before');
    this.isBlind = true;
  }
}
