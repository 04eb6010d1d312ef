import { Inject, Injectable } from '@nestjs/common';

import { AuditLog } from '../../audit/index.js';
import type { Operator } from '../../http/index.js';
import { Clock, isUuid, KeyRing } from '../../kernel/index.js';
import { MessageNotFound } from '../../messages/index.js';
import { Database, valuesFor } from '../../prisma/index.js';
import { maskedPhone, pageOf, pageParameters } from './page.js';
import { inOrder, stepsOfDecision, stepsOfMessage } from './steps.js';
import type { MessageRowDto, MessagesDto, MessagesQuery, MessageWayDto } from './ways.dto.js';
import * as sql from './ways.sql.js';

/** What became of texts, for operators; never what they say. */
@Injectable()
export class MessageDesk {
  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly audit: AuditLog,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Newest first, by when they or their verifications were begun. @throws {InvalidPhoneFormat | DatabaseUnavailable} */
  async find(query: MessagesQuery, who: Operator): Promise<MessagesDto> {
    const asked = pageParameters(query, this.keys, this.clock.databaseTime());
    if (asked.phone_keys) await this.audit.write({ who, act: 'message.find_by_phone' });
    const statement = sql.findMessages(asked);
    const rows = await this.database.query<sql.MessageRow & sql.PageRow>(statement, valuesFor(statement, asked));
    const { found, next } = pageOf<sql.MessageRow>(rows, asked);
    return { messages: found.map((row) => this.describe(row)), next };
  }

  /** @throws {MessageNotFound | DatabaseUnavailable} */
  async wayOf(idAsGiven: string): Promise<MessageWayDto> {
    const id = idAsGiven.toLowerCase();
    if (!isUuid(id)) throw new MessageNotFound();
    const [row] = await this.database.query<sql.MessageRow>(sql.MESSAGE_BY_ID, valuesFor(sql.MESSAGE_BY_ID, { id }));
    if (!row) throw new MessageNotFound();
    const values = valuesFor(sql.ATTEMPTS_OF, { messages: [id] });
    const attempts = await this.database.query<sql.AttemptRow>(sql.ATTEMPTS_OF, values);
    const ofDecisions = valuesFor(sql.DECISIONS_OF, { ids: [id] });
    const decisions = await this.database.query<sql.DecisionRow>(sql.DECISIONS_OF, ofDecisions);
    const steps = [...decisions.flatMap(stepsOfDecision), ...stepsOfMessage(row, attempts, false)];
    return { ...this.describe(row), timeline: inOrder(steps) };
  }

  private describe(row: sql.MessageRow): MessageRowDto {
    const { id, status, country, channel, locale, template, variant, provider } = row;
    return {
      ...{ id, verificationId: row.verification_id, status, phone: maskedPhone(this.keys, row), country, channel },
      ...{ locale, template, variant, provider, attempts: row.tries, cost: Number(row.cost) / 1e6 },
      createdAt: row.created_at,
    };
  }
}
