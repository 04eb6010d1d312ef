import { Inject, Injectable, Optional } from '@nestjs/common';

import { AuditLog } from '../audit/index.js';
import type { Operator } from '../http/index.js';
import { Clock, PhoneNumber } from '../kernel/index.js';
import { Database, valuesFor } from '../prisma/index.js';
import { areaCodeOf, isNumeric, SenderRests, senderRule, type SenderRule } from '../sms/index.js';
import { SenderNotFound } from './senders.errors.js';
import { SENDERS_OPTIONS, type SendersOptions } from './senders.options.js';
import * as sql from './senders.sql.js';

export interface SenderState {
  readonly provider: string;
  readonly sender: string;
  readonly kind: 'number' | 'short-code' | 'name';
  /** Of the number; of a name the country that it is for. */
  readonly country: string | null;
  readonly areaCode: string | null;
  /** What that country asks of a name. */
  readonly rule: SenderRule | null;
  readonly resting: { readonly since: Date; readonly until: Date; readonly reason: string } | null;
  /** In 24 hours: what is or may be out. */
  readonly sent: number;
  /** Of those whose end is known; null: of none. */
  readonly deliveredShare: number | null;
}

/** What operators ask and do about senders. */
@Injectable()
export class SenderOffice {
  constructor(
    @Inject(SENDERS_OPTIONS) private readonly options: SendersOptions,
    private readonly database: Database,
    private readonly audit: AuditLog,
    @Inject(Clock) private readonly clock: Clock,
    /** Absent where nothing is sent. */
    @Optional() @Inject(SenderRests) private readonly rests: SenderRests | null = null,
  ) {}

  /** In the order in which they are configured. @throws {DatabaseUnavailable} */
  async list(): Promise<SenderState[]> {
    const at = [this.clock.databaseTime()];
    const resting = await this.database.query<sql.RestingRow>(sql.RESTING, at);
    const used = await this.database.query<sql.UsedRow>(sql.USED, at);
    return this.options.pools.flatMap(({ provider, pool }) =>
      pool.senders.map(({ id: sender, country: only }) => {
        const isThis = (row: { provider: string; sender: string }) =>
          row.provider === provider && row.sender === sender;
        const { since, until, reason } = resting.find(isThis) ?? {};
        const { sent = 0, delivered = 0, undelivered = 0 } = used.find(isThis) ?? {};
        const isName = !isNumeric(sender);
        return {
          ...{ provider, sender, kind: isName ? 'name' : sender.startsWith('+') ? 'number' : 'short-code' },
          country: only ?? countryOf(sender),
          areaCode: areaCodeOf(sender) ?? null,
          rule: isName && only ? (senderRule(only) ?? null) : null,
          resting: since && until && reason !== undefined ? { since, until, reason } : null,
          sent,
          deliveredShare: delivered + undelivered > 0 ? delivered / (delivered + undelivered) : null,
        } as const;
      }),
    );
  }

  /** At every provider that has it, or at this one. @returns how many @throws {SenderNotFound | DatabaseUnavailable} */
  async rest(sender: string, provider: string | undefined, hours: number, who: Operator): Promise<number> {
    const providers = this.providersOf(sender, provider);
    for (const name of providers) {
      const which = { provider: name, sender, hours, reason: 'operator', at: this.clock.databaseTime() };
      const values = valuesFor(sql.REST, { ...which, ...this.audit.parametersOf({ who, act: 'sender.rest' }) });
      await this.database.query(sql.REST, values);
    }
    await this.rests?.refresh();
    return providers.length;
  }

  /** @returns at how many it rested until now @throws {SenderNotFound | DatabaseUnavailable} */
  async wake(sender: string, provider: string | undefined, who: Operator): Promise<number> {
    let woken = 0;
    for (const name of this.providersOf(sender, provider)) {
      const which = { provider: name, sender, at: this.clock.databaseTime() };
      const values = valuesFor(sql.WAKE, { ...which, ...this.audit.parametersOf({ who, act: 'sender.wake' }) });
      woken += (await this.database.query(sql.WAKE, values)).length;
    }
    await this.rests?.refresh();
    return woken;
  }

  private providersOf(sender: string, wanted: string | undefined): readonly string[] {
    const providers = this.options.pools
      .filter(({ provider }) => wanted === undefined || provider === wanted)
      .filter(({ pool }) => pool.senders.some(({ id }) => id === sender))
      .map(({ provider }) => provider);
    if (providers.length === 0) throw new SenderNotFound();
    return providers;
  }
}

function countryOf(sender: string): string | null {
  try {
    return sender.startsWith('+') ? (PhoneNumber.parse(sender).country ?? null) : null;
  } catch {
    return null;
  }
}
