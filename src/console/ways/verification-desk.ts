import { Inject, Injectable } from '@nestjs/common';

import { AuditLog } from '../../audit/index.js';
import type { Operator } from '../../http/index.js';
import { Clock, isUuid, KeyRing } from '../../kernel/index.js';
import { Database, valuesFor } from '../../prisma/index.js';
import { VerificationNotFound } from '../../verification/index.js';
import { maskedPhone, pageOf, pageParameters } from './page.js';
import { inOrder, stepsOfDecision, stepsOfEnd, stepsOfMessage } from './steps.js';
import type { VerificationRowDto, VerificationsDto, VerificationsQuery, VerificationWayDto } from './ways.dto.js';
import * as sql from './ways.sql.js';

/** What became of verifications, for operators. */
@Injectable()
export class VerificationDesk {
  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly audit: AuditLog,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Newest first. That a person was looked up is written down first, without the number. @throws {InvalidPhoneFormat | DatabaseUnavailable} */
  async find(query: VerificationsQuery, who: Operator): Promise<VerificationsDto> {
    const asked = pageParameters(query, this.keys, this.clock.databaseTime());
    if (asked.phone_keys) await this.audit.write({ who, act: 'verification.find_by_phone' });
    const statement = sql.findVerifications(asked);
    const rows = await this.database.query<sql.VerificationRow & sql.PageRow>(statement, valuesFor(statement, asked));
    const { found, next } = pageOf<sql.VerificationRow>(rows, asked);
    return { verifications: found.map((row) => this.describe(row)), next };
  }

  /** @throws {VerificationNotFound | DatabaseUnavailable} */
  async wayOf(idAsGiven: string): Promise<VerificationWayDto> {
    const id = idAsGiven.toLowerCase();
    if (!isUuid(id)) throw new VerificationNotFound();
    const values = valuesFor(sql.VERIFICATION_BY_ID, { id, now: this.clock.databaseTime() });
    const [row] = await this.database.query<sql.VerificationRow>(sql.VERIFICATION_BY_ID, values);
    if (!row) throw new VerificationNotFound();
    const messages = await this.database.query<sql.MessageRow>(sql.MESSAGES_OF, valuesFor(sql.MESSAGES_OF, { id }));
    const ids = messages.map((message) => message.id);
    const ofMessages = valuesFor(sql.ATTEMPTS_OF, { messages: ids });
    const attempts = await this.database.query<sql.AttemptRow>(sql.ATTEMPTS_OF, ofMessages);
    const ofDecisions = valuesFor(sql.DECISIONS_OF, { ids: [id, ...ids] });
    const decisions = await this.database.query<sql.DecisionRow>(sql.DECISIONS_OF, ofDecisions);
    const timeline = inOrder([
      ...decisions.flatMap(stepsOfDecision),
      ...messages.flatMap((message, index) => stepsOfMessage(message, attempts, index > 0)),
      ...stepsOfEnd(row, this.clock.now()),
    ]);
    return { ...this.describe(row), timeline };
  }

  private describe(row: sql.VerificationRow): VerificationRowDto {
    const { id, status, country, purpose, channel, locale, sends, checks, delivery } = row;
    return {
      ...{ id, status, phone: maskedPhone(this.keys, row), country, purpose, channel, locale, sends, checks },
      ...{ maxChecks: row.max_checks, delivery, createdAt: row.created_at, expiresAt: row.expires_at },
      endedAt: row.ended_at,
    };
  }
}
