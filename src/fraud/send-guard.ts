import { Inject, Injectable, Optional } from '@nestjs/common';

import { Clock, DomainError, KeyRing, type PhoneNumber } from '../kernel/index.js';
import { Lookups, type LineInfo } from '../lookups/index.js';
import { Database } from '../prisma/index.js';
import type { Channel } from '../sms/index.js';
import { costOf, DEFAULT_POLICY } from './budgets.js';
import { ChallengeRequired, ChallengeVerifier, type ChallengeAnswer } from './challenge/challenge.js';
import { DecisionLog } from './decision-log.js';
import { DestinationNotAllowed, DestinationPolicy } from './destination-policy.js';
import { FRAUD_OPTIONS, type FraudMode, type FraudOptions } from './fraud.options.js';
import type { GateParameters } from './gate.sql.js';
import { countryOf, prefixKeys } from './prefixes.js';
import { BLOCKED, RESEND_GATE, type ResendDecision, type ResendRow } from './resend.sql.js';
import { ADOPT, levelArrays } from './settling.sql.js';

/** A budget refused, inside the statement of a start: nothing was written, and no limit was used. */
export class DestinationBudgetUsed extends DomainError {
  readonly kind = 'rate_limited';
  readonly code = 'RATE_LIMIT_EXCEEDED';
  override readonly extensions = { limit: 'destination-budget' };
  override readonly hint =
    'Too few texts to numbers like this one were followed by the right code. Wait as long as Retry-After says.';

  constructor(
    readonly verdict: 'challenge' | 'deny',
    readonly level: number,
    readonly reason: string,
    override readonly retryAfterSecs: number,
  ) {
    super('The limit "destination-budget" is used up.');
  }
}

/** The verdict that a statement was refused with. */
export function budgetRefusal({ verdict, level, reason, retryAfter }: Readonly<Record<string, unknown>>) {
  const isDenied = verdict === 'deny';
  return new DestinationBudgetUsed(isDenied ? 'deny' : 'challenge', Number(level), String(reason), Number(retryAfter));
}

const LEVELS = levelArrays(DEFAULT_POLICY);

export interface Gate extends GateParameters {
  /** False: budgets are only told, and nothing is refused. */
  readonly isAsked: boolean;
}

/** Between a request and its text: what it is measured by, and what a refusal means to whoever asked. */
@Injectable()
export class SendGuard {
  private readonly mode: FraudMode;
  private readonly monitored: ReadonlySet<string>;

  constructor(
    @Inject(FRAUD_OPTIONS) options: FraudOptions,
    private readonly destinations: DestinationPolicy,
    private readonly keys: KeyRing,
    private readonly database: Database,
    private readonly log: DecisionLog,
    @Inject(ChallengeVerifier) private readonly challenges: ChallengeVerifier | null,
    @Inject(Clock) private readonly clock: Clock,
    @Optional() @Inject(Lookups) private readonly lookups: Lookups | null = null,
  ) {
    this.mode = options.mode ?? 'record';
    this.monitored = new Set(options.monitoredCountries);
  }

  /** By which of them the number may be reached, from it alone. @throws {DestinationNotAllowed} where that is none */
  admit(phone: PhoneNumber, channels: readonly Channel[] = ['sms'], isResend = false): Channel[] {
    return this.logged(phone, isResend, () => this.admitted(phone, channels));
  }

  /** Whether somebody can be asked what kind of line a number is. */
  get looksUp(): boolean {
    return this.lookups?.isOn === true;
  }

  /**
   * By what a network says of the number, for money: so after all that can be said for nothing.
   * @returns undefined when nobody knows @throws {DestinationNotAllowed | LookupUnavailable}
   */
  async inspect(phone: PhoneNumber, channels: readonly Channel[]): Promise<LineInfo | undefined> {
    const [, ...prefixes] = prefixKeys(this.keys, phone) ?? [];
    const info = await this.lookups?.of(phone, prefixes);
    if (info) this.logged(phone, false, () => this.destinations.admitInfo(info, channels));
    return info;
  }

  /** The same by what was found out before. @throws {DestinationNotAllowed} */
  async inspectAgain(phone: PhoneNumber, channels: readonly Channel[]): Promise<LineInfo | undefined> {
    const info = await this.lookups?.known(phone);
    if (info) this.logged(phone, true, () => this.destinations.admitInfo(info, channels));
    return info;
  }

  /** Writes down what the policy refuses; not of test numbers, of which statistics do not know. */
  private logged<T>(phone: PhoneNumber, isResend: boolean, admit: () => T): T {
    try {
      return admit();
    } catch (error) {
      if (error instanceof DestinationNotAllowed && error.reason !== 'test_number') {
        const send = { ...this.about(phone), verdict: 'deny', level: null, reason: error.reason };
        this.log.refused({ ...send, keys: [], challenge: null, priceMicros: 0, isResend });
      }
      throw error;
    }
  }

  /**
   * False where no challenge is ever asked for.
   * @throws {ChallengeRequired | ChallengeUnavailable} when the answer is not right, or cannot be judged
   */
  async isSolved(phone: PhoneNumber, answer: ChallengeAnswer): Promise<boolean> {
    const about = this.about(phone);
    if (!this.challenges || about.mode === 'record') return false;
    if (await this.challenges.verify(phone, answer)) return true;
    const keys = prefixKeys(this.keys, phone) ?? [];
    const send = { ...about, verdict: 'challenge', level: null, reason: 'challenge', keys, priceMicros: 0 };
    this.log.refused({ ...send, challenge: 'failed' });
    throw new ChallengeRequired(this.challenges.demand(phone), true);
  }

  /** After the secret was changed: budgets go on under their new keys. */
  async adopt(phone: PhoneNumber): Promise<void> {
    const former = prefixKeys(this.keys, phone, 'former');
    if (former) await this.database.query(ADOPT, [prefixKeys(this.keys, phone), former]);
  }

  /** What the statement of a start needs. */
  measure(phone: PhoneNumber, isSolved: boolean, priceMicros = 0, knows = true): Gate {
    const { mode, country, lineType } = this.about(phone);
    return {
      isAsked: mode !== 'record',
      prefix_keys: prefixKeys(this.keys, phone) ?? [],
      ...LEVELS,
      send_cost: costOf(priceMicros),
      send_micros: priceMicros,
      lifts: !isSolved ? 0 : mode === 'challenge' ? 2 : 1,
      destination: country,
      knows,
      line_type: lineType,
      fraud_mode: mode,
      challenge: isSolved ? 'solved' : null,
    };
  }

  /**
   * A resend uses no budget, for it is no new chance to be approved; but while a prefix is blocked, nothing goes there.
   * @param knows as of `measure` @throws {DestinationNotAllowed | DestinationBudgetUsed | DatabaseUnavailable}
   */
  async admitResend(
    phone: PhoneNumber,
    phoneKey: Uint8Array,
    priceMicros: number,
    knows: boolean,
    channels: readonly Channel[] = ['sms'],
  ): Promise<ResendDecision> {
    this.admit(phone, channels, true);
    await this.adopt(phone);
    const { mode, ...about } = this.about(phone);
    const keys = prefixKeys(this.keys, phone) ?? [];
    const values = [phoneKey, keys, knows, this.clock.databaseTime()];
    const [row] = await this.database.query<ResendRow>(RESEND_GATE, values);
    const { known = false, level = null, wait } = row ?? {};
    const send = { ...about, mode, keys, known, priceMicros };
    if (known || level === null) return { ...send, verdict: 'allow', level: null, reason: null };
    const reason = 'conversion';
    const denied = { ...send, verdict: 'deny', level, reason };
    if (mode === 'record') return denied;
    this.log.refused({ ...denied, challenge: null, isResend: true });
    throw new DestinationBudgetUsed('deny', level, reason, wait ?? 1);
  }

  /**
   * Of many texts that are no codes, those that would go to a prefix that is blocked now, by where they stand in `phones`. Numbers that
   * somebody proved to hold are none of them; where budgets only record, nobody is.
   */
  async blocked(phones: readonly PhoneNumber[]): Promise<ReadonlySet<number>> {
    const [keys, indexes, phoneKeys]: [Buffer[], number[], Buffer[]] = [[], [], []];
    for (const [index, phone] of phones.entries()) {
      if (this.about(phone).mode === 'record') continue;
      for (const key of prefixKeys(this.keys, phone) ?? []) {
        keys.push(key);
        indexes.push(index);
        phoneKeys.push(this.keys.lookupKey('phone', phone.line));
      }
    }
    if (keys.length === 0) return new Set();
    const values = [keys, indexes, phoneKeys, this.clock.databaseTime()];
    const rows = await this.database.query<{ index: number }>(BLOCKED, values);
    return new Set(rows.map(({ index }) => index));
  }

  /** What a refusal by a budget is answered with: another error is left as it is. */
  answerTo(error: unknown, phone: PhoneNumber, gate: Gate): unknown {
    if (!(error instanceof DestinationBudgetUsed)) return error;
    const { mode, ...about } = this.about(phone);
    const asks = this.challenges !== null && (error.verdict === 'challenge' || mode === 'challenge');
    const { verdict, level, reason } = error;
    const challenge = asks ? 'demanded' : null;
    const { prefix_keys: keys, send_micros: priceMicros } = gate;
    this.log.refused({ ...about, mode, verdict, level, reason, keys, challenge, priceMicros });
    return asks ? new ChallengeRequired(this.challenges.demand(phone)) : error;
  }

  private admitted(phone: PhoneNumber, channels: readonly Channel[]): Channel[] {
    const refusals: unknown[] = [];
    const admitted = channels.filter((channel) => {
      try {
        this.destinations.admit(phone, channel);
        return true;
      } catch (error) {
        refusals.push(error);
        return false;
      }
    });
    if (admitted.length === 0) throw refusals[0];
    return admitted;
  }

  private about(phone: PhoneNumber) {
    const country = countryOf(phone);
    const mode: FraudMode = this.mode === 'record' && this.monitored.has(country) ? 'challenge' : this.mode;
    return { mode, country, lineType: phone.lineType ?? null };
  }
}
