import { Inject, Injectable } from '@nestjs/common';

import { AuditLog } from '../audit/index.js';
import type { Operator } from '../http/index.js';
import { Clock, DomainError, KeyRing, type PhoneNumber } from '../kernel/index.js';
import { answerTo, Database, PrismaService } from '../prisma/index.js';
import { DEFAULT_POLICY, LEVELS, type BudgetPolicy } from './budgets.js';
import { prefixKeys } from './prefixes.js';
import { replay, type RecordedSend, type Replay } from './replay.js';
import { FORGIVE, levelArrays } from './settling.sql.js';

const PAGE = 2_000;
const KNOWN_MOST = 200;

export interface BlockedPrefix {
  readonly country: string;
  /** cc is the whole country, which is only challenged. */
  readonly level: string;
  readonly blockedUntil: Date;
  readonly strikes: number;
}

export interface FraudStatus {
  /** Those that are blocked for longest first, 200 at most. */
  readonly blocked: readonly BlockedPrefix[];
  readonly lastDay: readonly { readonly verdict: string; readonly refused: boolean; readonly sends: number }[];
}

export class NothingToUnblock extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
  override readonly hint = 'Name either a country, such as GB, or a phone.';

  constructor() {
    super('It is not said what is to be unblocked.');
  }
}

/** What operators ask and do. */
@Injectable()
export class FraudOffice {
  constructor(
    private readonly prisma: PrismaService,
    private readonly keys: KeyRing,
    private readonly audit: AuditLog,
    private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async status(now = new Date()): Promise<FraudStatus> {
    const blocked = await answerTo(
      this.prisma.prefixBudget.findMany({
        where: { blockedUntil: { gt: now } },
        orderBy: { blockedUntil: 'desc' },
        take: KNOWN_MOST,
        select: { country: true, level: true, blockedUntil: true, strikes: true },
      }),
    );
    const since = new Date(now.getTime() - 86_400_000);
    const counts = await answerTo(
      this.prisma.sendDecision.groupBy({ by: ['verdict', 'refused'], where: { at: { gt: since } }, _count: true }),
    );
    return {
      blocked: blocked.map(({ level, blockedUntil, ...rest }) => ({
        ...rest,
        level: LEVELS[level - 1] ?? 'cc',
        blockedUntil: blockedUntil!,
      })),
      lastDay: counts.map(({ verdict, refused, _count: sends }) => ({ verdict, refused, sends })),
    };
  }

  /**
   * Forgets blocks, strikes and what led to them, and fills empty budgets up again. Written down with the country, never with a phone.
   * @returns how many prefixes @throws {NothingToUnblock | DatabaseUnavailable}
   */
  async unblock({ country, phone }: { country?: string; phone?: PhoneNumber }, who: Operator): Promise<number> {
    if (!country === !phone) throw new NothingToUnblock();
    await this.audit.write({ who, act: 'fraud.unblock' }, country?.toUpperCase());
    // What is not there has a full budget, and is not blocked.
    const { level_caps } = levelArrays(DEFAULT_POLICY);
    const which = [country?.toUpperCase() ?? null, phone ? prefixKeys(this.keys, phone) : []];
    return (await this.database.query(FORGIVE, [...which, level_caps, this.clock.databaseTime()])).length;
  }

  /** What this policy would have made of the sends since then, by their records. Refused ones were never sent: they say nothing. */
  replay(since: Date, policy?: BudgetPolicy): Promise<Replay> {
    return replay(this.sends(since), policy);
  }

  private async *sends(since: Date): AsyncGenerator<RecordedSend> {
    const select = { id: true, at: true, country: true, keys: true, known: true, priceMicros: true, approvedAt: true };
    let cursor: string | undefined;
    for (;;) {
      const page = await answerTo(
        this.prisma.sendDecision.findMany({
          where: { at: { gte: since }, refused: false, resend: false },
          orderBy: [{ at: 'asc' }, { id: 'asc' }],
          take: PAGE,
          ...(cursor && { cursor: { id: cursor }, skip: 1 }),
          select,
        }),
      );
      for (const { at, keys, priceMicros, approvedAt, country, known } of page) {
        yield {
          ...{ country, known, at: at.getTime(), priceMicros: Number(priceMicros) },
          keys: keys.map((key) => Buffer.from(key).toString('base64')),
          approvedAt: approvedAt?.getTime() ?? null,
        };
      }
      cursor = page.at(-1)?.id;
      if (page.length < PAGE) return;
    }
  }
}
