import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';

import { Clock, DomainError, KeyRing, lookupKeysOf, type PhoneNumber } from '../kernel/index.js';
import { SendWindows } from '../limits/index.js';
import { Database, valuesFor } from '../prisma/index.js';
import { LookupFailed, type Line, type LineInfo } from './lookup.js';
import { LookupUnavailable } from './lookups.errors.js';
import { LOOKUPS_OPTIONS, type LookupsOptions } from './lookups.options.js';
import { RecentAnswers } from './recent-answers.js';
import * as sql from './lookups.sql.js';

/** A phone about which nobody answered is not asked about again before that. */
const AGAIN_MS = 60_000;
/** After as many failures in a row nobody is asked for a while: a text must not wait for an answer that does not come. */
const FAILURES = 5;
const REST_MS = 30_000;

const WHY: Readonly<Record<Exclude<sql.Leave, 'ours'>, string>> = {
  busy: 'somebody else asks, or nobody answered a moment ago',
  opted_out: 'the person asked for no more texts',
  blocked: 'its prefix is blocked',
  limit: 'as many were asked today as LOOKUP_PER_DAY says',
  cost: "the day's budget has no room for it",
};

/**
 * Line type and network of phones: asked once, kept for days. Advice: where none is to be had, texts go out without, unless the
 * operator wants it otherwise. It costs money, so it is only asked about phones that may get a text, as often a day as is allowed,
 * and out of the same budget as texts.
 */
@Injectable()
export class Lookups implements OnApplicationShutdown {
  private readonly logger = new Logger('Lookups');
  private readonly recent: RecentAnswers;
  private readonly underWay = new Map<string, Promise<LineInfo | undefined>>();
  private failures = 0;
  private restsUntil = -Infinity;
  private told = new Set<string>();

  constructor(
    @Inject(LOOKUPS_OPTIONS) private readonly options: LookupsOptions,
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly windows: SendWindows,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    this.recent = new RecentAnswers(() => clock.monotonic());
  }

  get isOn(): boolean {
    return this.options.lookup !== null;
  }

  /**
   * What is known, or is found out now. Callers that ask about one phone at the same time share one question.
   * @param prefixes keys of its prefix budgets without its country's: what is blocked there is not asked about
   * @returns undefined when nobody knows @throws {LookupUnavailable} then, if an answer is required
   */
  async of(phone: PhoneNumber, prefixes: readonly Uint8Array[] = []): Promise<LineInfo | undefined> {
    if (!this.isOn) return undefined;
    const key = this.keyOf(phone);
    const known = this.recent.get(key);
    if (known) return known;
    let asking = this.underWay.get(key);
    if (!asking) {
      asking = this.find(phone, prefixes).finally(() => this.underWay.delete(key));
      this.underWay.set(key, asking);
    }
    return asking;
  }

  /** What was found out before; costs nothing, and never throws. */
  async known(phone: PhoneNumber): Promise<LineInfo | undefined> {
    if (!this.isOn) return undefined;
    return this.recent.get(this.keyOf(phone)) ?? (await this.read(phone).catch(() => undefined));
  }

  /** In memory alone: what is in the database goes with the rest of the phone. */
  forget(phone: PhoneNumber): void {
    this.recent.forget(this.keyOf(phone));
  }

  async onApplicationShutdown(): Promise<void> {
    await (this.options.lookup as { close?(): Promise<void> } | null)?.close?.();
  }

  private async find(phone: PhoneNumber, prefixes: readonly Uint8Array[]): Promise<LineInfo | undefined> {
    try {
      const known = await this.read(phone);
      if (known) return known;
      if (this.clock.monotonic() < this.restsUntil) return this.without('nobody answers');
      // A phone that gets no text anyway is not worth the money.
      const window = await this.windows.state(this.keys.lookupKey('phone', phone.line));
      if (window?.remaining?.some((left) => left <= 0)) return this.without('it may get no text now');
      return await this.ask(phone, prefixes);
    } catch (error) {
      if (error instanceof LookupUnavailable) throw error;
      // A store that is down; the text itself will say so.
      if (error instanceof DomainError) return this.without(error.message);
      throw error;
    }
  }

  private async read(phone: PhoneNumber): Promise<LineInfo | undefined> {
    const values = valuesFor(sql.KNOWN, { keys: lookupKeysOf(this.keys, phone), at: this.clock.databaseTime() });
    const [row] = await this.database.query<sql.KnownRow>(sql.KNOWN, values);
    if (!row) return undefined;
    const { valid: isValid, line, network, carrier } = row;
    return this.keep(phone, { isValid, line: line as Line | null, network, carrier });
  }

  private async ask(phone: PhoneNumber, prefixes: readonly Uint8Array[]): Promise<LineInfo | undefined> {
    const { timeoutMs, ttlDays: days } = this.options;
    const lookup = this.options.lookup!;
    const key = this.keys.lookupKey('phone', phone.line);
    const leave = await this.begin(phone, key, prefixes);
    if (leave !== 'ours') return this.without(WHY[leave], leave === 'limit' || leave === 'cost');
    const { signal, release } = this.clock.deadline(timeoutMs);
    try {
      const info = await lookup.find(phone, signal);
      this.failures = 0;
      const { isValid: valid, line, network, carrier } = info;
      const ended = { key, valid, line, network, carrier, days, at: this.clock.databaseTime() };
      // What was paid for counts, whether it can be kept or not.
      await this.database
        .query(sql.END, valuesFor(sql.END, ended))
        .catch(() => this.tell('an answer could not be kept'));
      return this.keep(phone, info);
    } catch (error) {
      if (!(error instanceof LookupFailed)) throw error;
      if (++this.failures >= FAILURES) this.restsUntil = this.clock.monotonic() + REST_MS;
      const failed = { key, refunded: !error.mayCost, again_ms: AGAIN_MS, at: this.clock.databaseTime() };
      await this.database.query(sql.FAIL, valuesFor(sql.FAIL, failed)).catch(() => undefined); // stays booked: it may be on the bill
      return this.without(error.message, true);
    } finally {
      release();
    }
  }

  private async begin(phone: PhoneNumber, key: Buffer, prefixes: readonly Uint8Array[]): Promise<sql.Leave> {
    const { lookup, priceMicros, capMicros: cap, keptMicros: kept, perDay: most, timeoutMs } = this.options;
    const country = phone.country ?? null;
    const { version, data: sealed } = this.keys.seal(phone.e164, key);
    const values = valuesFor(sql.BEGIN, {
      ...{ key, sealed, version, prefixes, provider: lookup!.name, country, price: priceMicros(country) },
      ...{ cap, kept, most, lease_ms: Math.max(AGAIN_MS, 2 * timeoutMs), at: this.clock.databaseTime() },
    });
    const [row] = await this.database.query<{ leave: sql.Leave }>(sql.BEGIN, values);
    return row?.leave ?? 'busy';
  }

  private keep(phone: PhoneNumber, info: LineInfo): LineInfo {
    this.recent.keep(this.keyOf(phone), info);
    return info;
  }

  private keyOf(phone: PhoneNumber): string {
    return this.keys.lookupKey('phone', phone.line).toString('base64');
  }

  private without(reason: string, isNews = false): undefined {
    if (isNews) this.tell(`texts go out without a lookup: ${reason}`);
    if (this.options.isRequired) throw new LookupUnavailable(reason);
    return undefined;
  }

  /** Once an hour at most, however many texts it is about. */
  private tell(what: string): void {
    const line = `${Math.floor(this.clock.now().getTime() / 3_600_000)} ${what}`;
    if (this.told.has(line)) return;
    if (this.told.size > 100) this.told = new Set();
    this.told.add(line);
    this.logger.warn(what);
  }
}
