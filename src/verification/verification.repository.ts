import { Inject, Injectable } from '@nestjs/common';

import { resendParameters, type Gate, type ResendDecision } from '../fraud/index.js';
import { IdempotencyConflict } from '../idempotency/index.js';
import { Clock, KeyRing, lookupKeysOf, type PhoneNumber } from '../kernel/index.js';
import { SendLimits, SendWindows, type WindowRow } from '../limits/index.js';
import { answerTo, Database, isDuplicate, PrismaService, Refused, valuesFor } from '../prisma/index.js';
import type { Begun, Channel, ChannelPlan, Cost } from '../sms/index.js';
import { refusalOf } from './refusals.js';
import { START, START_GUARDED, START_GUARDED_UNCOUNTED, START_UNCOUNTED, type StartParameters } from './start.sql.js';
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
  /** By which it goes first. */
  readonly channel: Channel;
  /** By which it goes, in order; null: by that one alone. */
  readonly channels: ChannelPlan | null;
  /** Of its text, as it was written. */
  readonly locale: string;
  /** Of its template. */
  readonly version: number | null;
  readonly variant: string | null;
  readonly leaseMs: number;
  readonly first: Begun | null;
  /** What it may cost. */
  readonly cost: Cost;
}

/** What this run makes is there already: another execution of it, which was thought dead, has made it meanwhile. */
function conflicting(error: unknown): never {
  throw isDuplicate(error) ? new IdempotencyConflict() : error;
}

/** Said outside of what gives a hit back, which goes by the database's own words. */
function refused(error: unknown): never {
  throw error instanceof Refused ? refusalOf(error) : error;
}

const messageColumns = ({
  id,
  template,
  channel,
  channels,
  version,
  variant,
  leaseMs,
  first,
  cost,
  ...is
}: NewMessage) => ({
  ...{
    message_id: id,
    template,
    message_channel: channel,
    channels: channels && JSON.stringify(channels),
    written_in: is.locale,
    template_version: version,
  },
  ...{ variant, lease_ms: leaseMs, attempt_id: first?.id ?? null, provider: first?.provider ?? null },
  ...{ sender: first?.sender ?? null, route: first?.route ?? null, country: cost.country },
  ...{ price_micros: cost.priceMicros, reserve_micros: cost.reserveMicros },
  ...{ cap_micros: cost.capMicros, kept_micros: cost.keptMicros },
});

type SqlQuotas = readonly number[] | null;

/** One method a question of the service; each is one round trip, and one more to Redis where the limits are there. */
@Injectable()
export class VerificationRepository {
  constructor(
    private readonly database: Database,
    private readonly prisma: PrismaService,
    private readonly limits: SendLimits,
    private readonly windows: SendWindows,
    private readonly keys: KeyRing,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Takes the limits and writes verification, message and attempt, or refuses and writes nothing. */
  async open(
    verification: NewVerification,
    message: NewMessage,
    cooldownSecs: number,
    { isAsked, ...gate }: Gate,
  ): Promise<sql.OpenedRow> {
    const { id, purpose, channel, locale, phoneKey, phoneSealed, keyVersion, codeLength, maxChecks, ttlSecs } =
      verification;
    const { formerPhoneKey } = verification;
    const start = {
      ...{ id, purpose, channel, locale, phone_key: phoneKey, phone_sealed: phoneSealed, key_version: keyVersion },
      ...{ code_length: codeLength, max_checks: maxChecks, ttl_secs: ttlSecs, cooldown_secs: cooldownSecs },
      ...{ at: this.clock.databaseTime(), secs: this.limits.secs },
      ...messageColumns(message),
      ...gate,
    };
    // After the secret was changed: what is kept of the phone goes on under its new key.
    if (formerPhoneKey) await this.database.query(sql.ADOPT_PHONE, [phoneKey, formerPhoneKey]);
    const write = (quotas: SqlQuotas) => this.write({ ...start, quotas }, isAsked);
    const hit = { id: message.id, key: phoneKey, formerKey: formerPhoneKey };
    return this.windows.admit(hit, write, (row) => !row.opted_out).catch(refused);
  }

  /** The same for one more message of a verification that is still open. */
  async reopen(
    id: string,
    message: NewMessage,
    cooldownsSecs: readonly number[],
    purpose: string | null,
    decision: ResendDecision,
  ): Promise<sql.ReopenedRow> {
    const asked = { id, cooldowns: cooldownsSecs, purpose, secs: this.limits.secs, at: this.clock.databaseTime() };
    const again = { ...asked, ...messageColumns(message), ...resendParameters(decision) };
    const write = (quotas: SqlQuotas) =>
      this.one(sql.RESEND, valuesFor(sql.RESEND, { ...again, quotas })).catch(conflicting);
    if (this.windows.inDatabase) return write(this.limits.quotas).catch(refused);
    // Only the database knows whose hit is to be taken. So it is asked first, and most that it would refuse takes none.
    const isOpen = (row: sql.ReopenedRow) => row.ended === null && row.refused_by === null;
    const before = await this.one(sql.RESENDABLE, [id, this.clock.databaseTime(), purpose]);
    const hit = { id: message.id, key: before.phone_key, formerKey: null };
    const row = isOpen(before) ? await this.windows.admit(hit, write, isOpen).catch(refused) : before;
    if (row.refused_by === null) return row;
    const window = await this.window(row.phone_key);
    return { ...row, remaining: window?.remaining ?? null, resets: window?.resets ?? null };
  }

  /** Counts a guess before anyone compares it. Undefined when the verification takes no more. @throws {PhoneTakesNoGuesses} */
  async countGuess(id: string, purpose: string | null): Promise<sql.GuessRow | undefined> {
    const values = valuesFor(sql.COUNT_GUESS, { id, purpose, at: this.clock.databaseTime() });
    const [row] = await this.database.query<sql.GuessRow>(sql.COUNT_GUESS, values).catch(refused);
    return row;
  }

  /** When, for exactly one caller. @param guessedAt which guess was right @param run whose repeat may learn of it */
  async approve(id: string, guessedAt: string, run: string | null): Promise<Date | undefined> {
    const values = valuesFor(sql.APPROVE, { id, at: this.clock.databaseTime(), run, guessed_at: guessedAt });
    const [row] = await this.database.query<{ ended_at: Date }>(sql.APPROVE, values);
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

  /** One text of a verification, with the verification and the attempts that may have brought it to the phone. */
  findMessage(id: string) {
    return answerTo(
      this.prisma.message.findUnique({
        where: { id },
        include: { verification: true, attempts: { where: { outcome: { notIn: ['not_sent', 'permanent'] } } } },
      }),
    );
  }

  newestMessage(verificationId: string) {
    const newest = { orderBy: { createdAt: 'desc' }, select: { id: true, status: true, channel: true } } as const;
    return answerTo(this.prisma.message.findFirst({ where: { verificationId }, ...newest }));
  }

  /** True when it was open until now. */
  async cancel(id: string): Promise<boolean> {
    const rows = await this.database.query(sql.CANCEL, [id, this.clock.databaseTime()]);
    return rows.length === 1;
  }

  window(phoneKey: Uint8Array): Promise<WindowRow | undefined> {
    return this.windows.state(phoneKey);
  }

  /** By which channels this phone was not to be reached at all, in the last week. */
  async channelsWithout(phone: PhoneNumber): Promise<string[]> {
    const values = [lookupKeysOf(this.keys, phone), this.clock.databaseTime()];
    const rows = await this.database.query<{ channel: string }>(sql.CHANNELS_WITHOUT, values);
    return rows.map(({ channel }) => channel);
  }

  /** Whom a resend would text; undefined where there is nothing to resend. */
  async phoneOf(id: string, purpose: string | null): Promise<sql.ResendRow | undefined> {
    const [row] = await this.database.query<sql.ResendRow>(sql.PHONE_OF, [id, purpose]);
    return row;
  }

  private async write(start: StartParameters, isAsked: boolean): Promise<sql.OpenedRow> {
    const { quotas, secs, phone_key, at } = start;
    const [recorded, guarded] = quotas ? [START, START_GUARDED] : [START_UNCOUNTED, START_GUARDED_UNCOUNTED];
    const statement = isAsked ? guarded : recorded;
    const [opened] = await this.database
      .query<sql.OpenedRow>(statement, valuesFor(statement, start))
      .catch(conflicting);
    return opened ?? this.one(sql.REFUSAL, [phone_key, quotas ?? [], quotas ? secs : [], at]);
  }

  private async one<Row extends object>(statement: sql.StatementOf<Row>, values: readonly unknown[]): Promise<Row> {
    const [row] = await this.database.query<Row>(statement, values);
    if (!row) throw new Error(`${statement.name} returned no row`);
    return row;
  }
}
