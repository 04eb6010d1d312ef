import { Inject, Injectable } from '@nestjs/common';

import { Clock } from '../kernel/index.js';
import { SendLimits, type WindowRow } from '../limits/index.js';
import { answerTo, Database, PrismaService } from '../prisma/index.js';
import * as sql from './verification.sql.js';

/** Key and ciphertext of a phone, and the version of the secret that both were made under. */
export interface PhoneColumns {
  readonly phoneKey: Uint8Array;
  readonly phoneSealed: Uint8Array;
  readonly keyVersion: number;
}

export interface NewVerification extends PhoneColumns {
  readonly id: string;
  /** Its limits are under this key, too, if the secret was changed. */
  readonly formerPhoneKey: Uint8Array | null;
  readonly purpose: string;
  readonly channel: string;
  readonly locale: string | null;
  readonly codeLength: number;
  readonly maxChecks: number;
  readonly ttlSecs: number;
}

/** A message claimed by this process with its first attempt, or queued when there is none. */
export interface NewMessage {
  readonly id: string;
  readonly template: string;
  readonly leaseMs: number;
  readonly attemptId: string | null;
  readonly provider: string | null;
}

/** One method a question of the service; each is one round trip. */
@Injectable()
export class VerificationRepository {
  constructor(
    private readonly database: Database,
    private readonly prisma: PrismaService,
    private readonly limits: SendLimits,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Takes the limits and writes verification, message and attempt, or refuses and writes nothing. */
  async open(verification: NewVerification, message: NewMessage, cooldownSecs: number): Promise<sql.OpenedRow> {
    const { id, purpose, channel, locale, phoneKey, phoneSealed, keyVersion, codeLength, maxChecks, ttlSecs } =
      verification;
    return this.one(sql.START, [
      ...[
        id,
        purpose,
        channel,
        locale,
        phoneKey,
        phoneSealed,
        keyVersion,
        codeLength,
        maxChecks,
        ttlSecs,
        cooldownSecs,
      ],
      ...this.messageValues(message),
      verification.formerPhoneKey,
    ]);
  }

  /** The same for one more message of a verification that is still open. */
  async reopen(id: string, message: NewMessage, cooldownsSecs: readonly number[]): Promise<sql.ReopenedRow> {
    return this.one(sql.RESEND, [id, cooldownsSecs, ...this.messageValues(message)]);
  }

  /** Counts a guess before anyone compares it. Undefined when the verification takes no more guesses. */
  async countGuess(id: string, purpose: string | null): Promise<sql.GuessRow | undefined> {
    const [row] = await this.database.query<sql.GuessRow>(sql.COUNT_GUESS, [id, purpose, this.clock.databaseTime()]);
    return row;
  }

  /** When it was approved, by the database's clock; for exactly one caller. */
  async approve(id: string): Promise<Date | undefined> {
    const [row] = await this.database.query<{ ended_at: Date }>(sql.APPROVE, [id, this.clock.databaseTime()]);
    return row?.ended_at;
  }

  /** Where it stands by the database's clock. */
  async whereItStands(id: string, purpose: string | null): Promise<sql.EndedRow | undefined> {
    const [row] = await this.database.query<sql.EndedRow>(sql.STANDING, [id, purpose, this.clock.databaseTime()]);
    return row;
  }

  find(id: string) {
    return answerTo(this.prisma.verification.findUnique({ where: { id } }));
  }

  /** True when it was open until now. */
  async cancel(id: string): Promise<boolean> {
    const rows = await this.database.query(sql.CANCEL, [id, this.clock.databaseTime()]);
    return rows.length === 1;
  }

  async window(phoneKey: Uint8Array): Promise<WindowRow | undefined> {
    const values = [phoneKey, this.limits.quotas, this.limits.secs, this.clock.databaseTime()];
    const [row] = await this.database.query<WindowRow>(sql.WINDOW, values);
    return row;
  }

  private messageValues({ id, template, leaseMs, attemptId, provider }: NewMessage): readonly unknown[] {
    return [
      id,
      template,
      leaseMs,
      attemptId,
      provider,
      this.limits.quotas,
      this.limits.secs,
      this.clock.databaseTime(),
    ];
  }

  private async one<Row extends object>(statement: sql.StatementOf<Row>, values: readonly unknown[]): Promise<Row> {
    const [row] = await this.database.query<Row>(statement, values);
    if (!row) throw new Error(`${statement.name} returned no row`);
    return row;
  }
}
