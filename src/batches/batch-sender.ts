import { Inject, Injectable, Logger } from '@nestjs/common';

import { SendGuard } from '../fraud/index.js';
import { Clock, DomainError, KeyRing, openPhone, type PhoneNumber } from '../kernel/index.js';
import { RateLimitExceeded, SendLimits, SendWindows, type WindowRow } from '../limits/index.js';
import { MessageWriter } from '../messages/index.js';
import { Refused, valuesFor, type Database } from '../prisma/index.js';
import { Handover, Pricing, SmsService, type Plan, type Wording } from '../sms/index.js';
import * as sql from './batch-sender.sql.js';
import { BATCHES_OPTIONS, type BatchesOptions } from './batches.options.js';
import { Courtesy } from './courtesy.js';

/** A row that was taken, with its text, and who is asked to send it. */
interface Ready {
  readonly row: sql.TakenRow;
  readonly phone: PhoneNumber;
  readonly wording: Wording;
  readonly plan: Plan;
}

type Result = Pick<sql.BegunRow, 'state' | 'wait_ms'> & WindowRow;

/** What became of some rows of a batch. */
export interface Round {
  readonly taken: number;
  readonly begun: number;
  /** Nobody may send now. */
  readonly isNobodyThere: boolean;
  readonly isOutOfBudget: boolean;
  /** It runs no more. */
  readonly isStopped: boolean;
  readonly senders: readonly { readonly key: string; readonly perSecond: number; readonly waitMs: number }[];
}

/** How long rows are kept from other instances before they are begun; afterwards somebody else takes them. */
const HOLD_MS = 30_000;
const NOBODY_MS = 1_000;
const DEFAULT_VALID_SECS = 14_400;
const UNLIMITED = { refused_by: null, retry_after: null, remaining: null, resets: null };

/** Takes rows of a batch and begins them, a few in one statement; each is then handed over by itself. */
@Injectable()
export class BatchSender {
  private readonly logger = new Logger('Batches');
  private readonly handing = new Set<Promise<void>>();
  private readonly database: Database;
  private readonly handover: Handover;

  constructor(
    private readonly sms: SmsService,
    private readonly writer: MessageWriter,
    private readonly pricing: Pricing,
    private readonly guard: SendGuard,
    private readonly limits: SendLimits,
    private readonly windows: SendWindows,
    private readonly keys: KeyRing,
    handover: Handover,
    { lane }: Courtesy,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(BATCHES_OPTIONS) private readonly options: BatchesOptions,
  ) {
    this.database = lane;
    this.handover = handover.over(lane);
  }

  /** Rows that providers have not answered yet. */
  get underWay(): number {
    return this.handing.size;
  }

  /** Until one more has been answered, or all. */
  async settle(all = false): Promise<void> {
    if (all) await Promise.all(this.handing);
    else await Promise.race(this.handing);
  }

  /** @throws {DatabaseUnavailable | RedisUnavailable}, and then rows that were taken are another round's */
  async round(batch: string, limit: number): Promise<Round> {
    const at = this.clock.databaseTime();
    const rows = await this.database.query<sql.TakenRow>(sql.TAKE, [batch, limit, HOLD_MS, at]);
    if (rows.length === 0) return { ...NOTHING, taken: 0 };
    const { ready, nobody, failed } = await this.prepare(rows);
    try {
      if (failed.length > 0) {
        const values = [
          failed.map(({ row }) => row.id),
          failed.map(({ row }) => row.turn),
          failed.map(({ why }) => why),
          at,
        ];
        await this.database.query(sql.FAIL, values);
      }
      if (nobody.length > 0) await this.leave(nobody, NOBODY_MS);
      const results = await this.begin(batch, ready);
      return this.handOver(rows.length, ready, results, nobody.length > 0);
    } catch (error) {
      for (const { plan } of ready) plan.drop();
      throw error;
    }
  }

  private async prepare(rows: readonly sql.TakenRow[]) {
    const [ready, nobody, failed]: [Ready[], sql.TakenRow[], { row: sql.TakenRow; why: string }[]] = [[], [], []];
    for (const row of rows) {
      try {
        const phone = openPhone(this.keys, row);
        if (this.sms.withholds(phone)) {
          failed.push({ row, why: 'destination_not_allowed' });
          continue;
        }
        if (row.key_version !== this.keys.version) {
          // What is counted of the phone is counted under the present secret.
          await this.database.query(sql.ADOPT_PHONE, [this.keys.lookupKey('phone', phone.line), row.phone_key]);
        }
        const content = this.writer.open(row);
        if (!content) {
          failed.push({ row, why: 'text_gone' });
          continue;
        }
        const wording = this.writer.write(content, phone, row.locale === 'und' ? null : row.locale);
        // The policy may be another than when it came.
        this.guard.admit(phone, [row.channel], true);
        // Nothing is asked for rows; but what is known of the line counts as for any other text.
        if (this.guard.looksUp) await this.guard.inspectAgain(phone, [row.channel]);
        const plan = this.sms.plan({ to: phone, channel: row.channel, network: row.network ?? undefined });
        if (plan) ready.push({ row, phone, wording, plan });
        else nobody.push(row);
      } catch (error) {
        if (!(error instanceof DomainError) || error.kind === 'unavailable') {
          for (const { plan } of ready) plan.drop();
          throw error;
        }
        failed.push({ row, why: error.code.toLowerCase() });
      }
    }
    const blocked = await this.guard.blocked(ready.map(({ phone }) => phone));
    for (const index of blocked) {
      const { row, plan } = ready[index]!;
      plan.drop();
      failed.push({ row, why: 'destination_blocked' });
    }
    return { ready: ready.filter((_, index) => !blocked.has(index)), nobody, failed };
  }

  /** Every row's hit is taken, where that is done elsewhere, before all of them are begun in one statement. */
  private async begin(batch: string, ready: readonly Ready[]): Promise<readonly Result[]> {
    if (ready.length === 0) return [];
    let tell: (results: readonly Result[]) => void = () => undefined;
    let fail: (error: unknown) => void = () => undefined;
    const begun = new Promise<readonly Result[]>((resolve, reject) => ([tell, fail] = [resolve, reject]));
    begun.catch(() => undefined);
    const admitted: number[] = [];
    const entries = ready.map(({ row, phone }, index) => {
      const hit = { id: row.id, key: this.keys.lookupKey('phone', phone.line), formerKey: null };
      let entered: () => void = () => undefined;
      const isIn = new Promise<void>((resolve) => (entered = resolve));
      const write = async () => {
        const place = admitted.push(index) - 1;
        entered();
        return (await begun)[place]!;
      };
      const result = this.windows
        .admit<Result>(hit, write, ({ state }) => state === 'begun')
        .catch((error: unknown) => {
          if (error instanceof RateLimitExceeded)
            return { ...UNLIMITED, state: 'limited' as const, wait_ms: error.retryAfterSecs * 1_000 };
          // No hit was had for it: it waits until it is taken again. The others go on.
          if (!admitted.includes(index)) return { ...UNLIMITED, state: 'lost' as const, wait_ms: 0 };
          throw error;
        });
      return {
        isIn: Promise.race([
          isIn,
          result.then(
            () => undefined,
            () => undefined,
          ),
        ]),
        result,
      };
    });
    await Promise.all(entries.map(({ isIn }) => isIn));
    const chosen = admitted.map((index) => ready[index]!);
    this.beginAll(batch, chosen).then(tell, fail);
    const results = await Promise.all(entries.map(({ result }) => result));
    // Those that Redis refused are still ours.
    if (!this.windows.inDatabase) {
      for (const [index, { state, wait_ms }] of results.entries())
        if (state === 'limited') await this.leave([ready[index]!.row], wait_ms);
    }
    return results;
  }

  private async beginAll(batch: string, ready: readonly Ready[]): Promise<readonly Result[]> {
    if (ready.length === 0) return [];
    const { capMicros: cap, keptMicros: kept } = this.pricing;
    const cost = ready.map(({ phone, wording: { segments }, plan }) => {
      const { first, channel } = plan;
      const country = phone.country ?? null;
      const { priceMicros, reserveMicros } = this.pricing.costOf(segments, country, first.provider, [{ channel }]);
      return { price: priceMicros, need: Math.max(reserveMicros, priceMicros) };
    });
    const asked: sql.BeginParameters = {
      batch,
      ids: ready.map(({ row }) => row.id),
      turns: ready.map(({ row }) => row.turn),
      attempts: ready.map(({ plan }) => plan.first.id),
      providers: ready.map(({ plan }) => plan.first.provider),
      channels: ready.map(({ plan }) => plan.channel),
      senders: ready.map(({ plan }) => plan.first.sender),
      routes: ready.map(({ plan }) => plan.first.route),
      paces: ready.map(({ plan }) => this.options.paceOf(plan.first.provider)),
      locales: ready.map(({ wording }) => wording.locale),
      versions: ready.map(({ wording }) => wording.version),
      variants: ready.map(({ wording }) => wording.variant),
      prices: cost.map(({ price }) => price),
      needs: cost.map(({ need }) => need),
      lease_ms: this.options.leaseMs,
      valid_secs: this.validSecs,
      quotas: this.windows.inDatabase ? this.limits.quotas : null,
      secs: this.limits.secs,
      cap,
      kept,
      at: this.clock.databaseTime(),
    };
    try {
      const rows = await this.database.query<sql.BegunRow>(sql.BEGIN, valuesFor(sql.BEGIN, asked));
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ready.map(({ row }) => ({ ...UNLIMITED, state: 'lost', wait_ms: 0, ...byId.get(row.id) }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // Others took what was left of the budget in that moment.
      await this.leave(
        ready.map(({ row }) => row),
        0,
      );
      return ready.map(() => ({ ...UNLIMITED, state: 'cost', wait_ms: 0 }));
    }
  }

  private handOver(taken: number, ready: readonly Ready[], results: readonly Result[], isNobodyThere: boolean): Round {
    const senders = new Map<string, { key: string; perSecond: number; waitMs: number }>();
    let begun = 0;
    for (const [index, one] of ready.entries()) {
      const { state, wait_ms } = results[index]!;
      const { provider, sender } = one.plan.first;
      const key = `${provider} ${sender ?? ''}`;
      const known = senders.get(key) ?? { key, perSecond: this.options.paceOf(provider), waitMs: 0 };
      if (state === 'paced') known.waitMs = known.waitMs === 0 ? wait_ms : Math.min(known.waitMs, wait_ms);
      senders.set(key, known);
      if (state === 'begun') {
        begun++;
        this.send(one);
      } else one.plan.drop();
    }
    const has = (wanted: sql.BegunRow['state']) => results.some(({ state }) => state === wanted);
    return {
      ...{ taken, begun, isNobodyThere, isStopped: has('stopped'), isOutOfBudget: has('cost') },
      senders: [...senders.values()],
    };
  }

  private send({ row: { id, turn }, phone, wording, plan }: Ready): void {
    const billed = { country: phone.country ?? null, segments: wording.segments, channel: plan.channel };
    const text = { body: wording.body, validForSecs: this.validSecs };
    const work = this.handover
      .deliver({ id, turn }, plan, phone, text, billed)
      .then(({ status }) => this.logger.debug(`message ${id} to ${phone}: ${status}`))
      // The lease runs out, and whoever claims it then goes on.
      .catch((error: unknown) =>
        this.logger.error(`message ${id}: ${error instanceof Error ? error.message : 'failed'}`),
      )
      .finally(() => {
        plan.drop();
        this.handing.delete(work);
      });
    this.handing.add(work);
  }

  private async leave(rows: readonly sql.TakenRow[], ms: number): Promise<void> {
    const values = [rows.map(({ id }) => id), rows.map(({ turn }) => turn), ms, this.clock.databaseTime()];
    await this.database.query(sql.LEAVE, values);
  }

  private get validSecs(): number {
    return this.options.validSecs ?? DEFAULT_VALID_SECS;
  }
}

const NOTHING = { begun: 0, isNobodyThere: false, isOutOfBudget: false, isStopped: false, senders: [] };
