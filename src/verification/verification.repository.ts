import { Inject, Injectable } from '@nestjs/common';

import { resendParameters, type Gate, type ResendDecision } from '../fraud/index.js';
import { Clock, KeyRing, lookupKeysOf, type PhoneNumber } from '../kernel/index.js';
import { SendLimits, SendWindows, type WindowRow } from '../limits/index.js';
import { answerTo, Database, PrismaService, Refused, valuesFor } from '../prisma/index.js';
import type { Begun, Channel, ChannelPlan, Cost } from '../sms/index.js';
import type { GuessRow } from './guess.sql.js';
import { Guesses } from './guesses.js';
import { noGuesses, refusalOf } from './refusals.js';
import type { StartColumns } from './start.sql.js';
import { conflicting, Starts, type NewStart } from './starts.js';
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

/** Said outside of what gives a hit back, which goes by the database's own words. */
function refused(error: unknown): never {
  throw error instanceof Refused ? refusalOf(error) : error;
}

const messageColumns = (message: NewMessage) => ({
  message_id: message.id,
  template: message.template,
  message_channel: message.channel,
  written_in: message.locale,
  template_version: message.version,
  variant: message.variant,
  lease_ms: message.leaseMs,
  attempt_id: message.first?.id ?? null,
  provider: message.first?.provider ?? null,
  sender: message.first?.sender ?? null,
  route: message.first?.route ?? null,
  country: message.cost.country,
  price_micros: message.cost.priceMicros,
  reserve_micros: message.cost.reserveMicros,
});

const capOf = ({ cost }: NewMessage) => ({ cap_micros: cost.capMicros, kept_micros: cost.keptMicros });

type SqlQuotas = readonly number[] | null;

/** A guess that was taken. */
export type CountedGuess = GuessRow & { readonly guessed_at: string };

/** One method a question of the service; each is one round trip, and one more to Redis where the limits are there. */
@Injectable()
export class VerificationRepository {
  private readonly starts: Starts;
  private readonly guesses: Guesses;

  constructor(
    private readonly database: Database,
    private readonly prisma: PrismaService,
    private readonly limits: SendLimits,
    private readonly windows: SendWindows,
    private readonly keys: KeyRing,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    this.starts = new Starts(database, clock);
    this.guesses = new Guesses(database, clock);
  }

  /** Takes the limits and writes verification, message and attempt, or refuses and writes nothing. */
  async open(
    verification: NewVerification,
    message: NewMessage,
    cooldownSecs: number,
    gate: Gate,
  ): Promise<sql.OpenedRow> {
    const { phoneKey, formerPhoneKey } = verification;
    // One spread, and that first: others cost a start more than all the rest here.
    const columns: StartColumns = {
      ...messageColumns(message),
      channels: message.channels,
      id: verification.id,
      purpose: verification.purpose,
      channel: verification.channel,
      locale: verification.locale,
      phone_key: phoneKey,
      phone_sealed: verification.phoneSealed,
      key_version: verification.keyVersion,
      code_length: verification.codeLength,
      max_checks: verification.maxChecks,
      ttl_secs: verification.ttlSecs,
      cooldown_secs: cooldownSecs,
      prefix_keys: gate.prefix_keys,
      send_micros: gate.send_micros,
      destination: gate.destination,
      knows: gate.knows,
      line_type: gate.line_type,
      fraud_mode: gate.fraud_mode,
    };
    const measure = { ...capOf(message), at: this.clock.databaseTime(), secs: this.limits.secs };
    // After the secret was changed: what is kept of the phone goes on under its new key.
    if (formerPhoneKey) await this.database.query(sql.ADOPT_PHONE, [phoneKey, formerPhoneKey]);
    const write = (quotas: SqlQuotas) => this.write({ ...measure, quotas, columns }, gate);
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
    const channels = message.channels && JSON.stringify(message.channels);
    const again = { ...asked, ...messageColumns(message), channels, ...capOf(message), ...resendParameters(decision) };
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
  async countGuess(id: string, purpose: string | null): Promise<CountedGuess | undefined> {
    const row = await this.guesses.count({ id, purpose });
    if (row?.guessed_at === null) throw noGuesses(row.refusal ?? {});
    return row as CountedGuess | undefined;
  }

  /** When, for exactly one caller. @param guessedAt which guess was right @param run whose repeat may learn of it */
  approve(id: string, guessedAt: string, run: string | null): Promise<Date | undefined> {
    return this.guesses.approve({ id, run, guessed_at: guessedAt });
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

  private async write(start: NewStart, gate: Gate): Promise<sql.OpenedRow> {
    const { quotas, secs, at } = start;
    const { phone_key } = start.columns;
    return (
      (await this.starts.open(start, gate)) ?? this.one(sql.REFUSAL, [phone_key, quotas ?? [], quotas ? secs : [], at])
    );
  }

  private async one<Row extends object>(statement: sql.StatementOf<Row>, values: readonly unknown[]): Promise<Row> {
    const [row] = await this.database.query<Row>(statement, values);
    if (!row) throw new Error(`${statement.name} returned no row`);
    return row;
  }
}
