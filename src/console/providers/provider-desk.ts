import { randomUUID } from 'node:crypto';

import type { AuditLog } from '../../audit/index.js';
import { scrub, type Operator } from '../../http/index.js';
import type { Clock } from '../../kernel/index.js';
import { valuesFor, type Database } from '../../prisma/index.js';
import { carries, CHANNELS, type Rotation, type SmsProvider, type SmsProviders } from '../../sms/index.js';
import { AlreadyHeld, LastProvider, NoSuchProvider, NotHeld } from './console.errors.js';
import type { ProviderDto } from './provider.dto.js';
import { historyOf, NO_FACTS, readFacts, reasonOf, type Facts } from './provider-facts.js';
import { PUT_BACK_BY_HAND, type ProviderHolds } from './provider-holds.js';
import * as sql from './providers.sql.js';
import type { StandingLog } from './standing-log.js';

/** What only a running program has; without it, providers stand where one last wrote down that they do. */
export interface Running {
  readonly rotation: Rotation;
  readonly holds: ProviderHolds;
  readonly log: StandingLog;
  /** Milliseconds from now; undefined: it is not to be pinged. */
  readonly nextPingInMs: (provider: string) => number | undefined;
}

export interface ProviderDeskOptions {
  readonly database: Database;
  readonly audit: AuditLog;
  readonly clock: Clock;
  /** Most preferred first. */
  readonly providers: SmsProviders;
  readonly instance: string;
  readonly running?: Running;
}

/** Where providers stand, and taking them out by hand. For the API, and for commands beside a running program. */
export class ProviderDesk {
  private facts: Facts = NO_FACTS;
  private holds: readonly sql.HoldRow[] = [];

  constructor(private readonly options: ProviderDeskOptions) {}

  /** Most preferred first. @throws {DatabaseUnavailable} */
  async list(): Promise<ProviderDto[]> {
    const { database, providers, clock, running } = this.options;
    this.facts = await readFacts(database, names(providers), clock);
    if (!running) this.holds = await database.query<sql.HoldRow>(sql.HOLDS, []);
    return providers.map((provider) => this.describe(provider));
  }

  /** @throws {NoSuchProvider | DatabaseUnavailable} */
  async get(name: string): Promise<ProviderDto> {
    this.find(name);
    const found = (await this.list()).find((provider) => provider.name === name);
    if (!found) throw new NoSuchProvider(names(this.options.providers));
    return found;
  }

  /** Of the last 5 minutes, of all providers, as they were read last. */
  recentTotals(): { readonly calls: number; readonly accepted: number } {
    return this.facts.recent.reduce(
      (sum, { calls, accepted }) => ({ calls: sum.calls + calls, accepted: sum.accepted + accepted }),
      { calls: 0, accepted: 0 },
    );
  }

  /** As it stands at this moment, with what was read last of the rest. @throws {NoSuchProvider} */
  atOnce(name: string): ProviderDto {
    return this.describe(this.find(name));
  }

  /**
   * It gets no text until it is put back: at once here, and everywhere within two seconds.
   * @param force although nobody is left who could send in its place
   * @throws {NoSuchProvider | AlreadyHeld | LastProvider | DatabaseUnavailable}
   */
  async takeOut(name: string, reason: string, force: boolean, who: Operator): Promise<ProviderDto> {
    this.find(name);
    const { database, audit } = this.options;
    const standings = this.standings();
    const others = names(this.options.providers).filter(
      (other) => other !== name && standings.get(other) !== 'suspended',
    );
    const values = valuesFor(sql.TAKE_OUT, {
      ...this.changeOf(name, who),
      ...{ reason: scrub(reason.trim()), others, force, from_state: standings.get(name) ?? 'in_rotation' },
      ...audit.parametersOf({ who, act: 'provider.take_out' }),
    });
    const [row] = await database.query<sql.TakenRow>(sql.TAKE_OUT, values);
    if (row?.outcome === 'last') throw new LastProvider(name);
    await this.options.running?.holds.refresh();
    if (row?.outcome === 'held') throw new AlreadyHeld(name);
    return this.get(name);
  }

  /** It is out as if it had just left, and earns its trial. @throws {NoSuchProvider | NotHeld | DatabaseUnavailable} */
  async putBack(name: string, who: Operator): Promise<ProviderDto> {
    this.find(name);
    const { database, audit, running } = this.options;
    const values = valuesFor(sql.PUT_BACK, {
      ...this.changeOf(name, who),
      ...{ why: PUT_BACK_BY_HAND, ...audit.parametersOf({ who, act: 'provider.put_back' }) },
    });
    const gone = await database.query(sql.PUT_BACK, values);
    await running?.holds.refresh();
    if (gone.length === 0) throw new NotHeld(name);
    return this.get(name);
  }

  private changeOf(provider: string, { name: by }: Operator) {
    return { change_id: randomUUID(), provider, instance: this.options.instance, by };
  }

  private find(name: string): SmsProvider {
    const found = this.options.providers.find((provider) => provider.name === name);
    if (!found) throw new NoSuchProvider(names(this.options.providers));
    return found;
  }

  private standings(): ReadonlyMap<string, string> {
    return new Map(this.options.running?.rotation.standings().map(({ name, state }) => [name, state]));
  }

  private describe(provider: SmsProvider): ProviderDto {
    const { providers, running, clock } = this.options;
    const { name } = provider;
    const now = clock.now().getTime();
    const hold = running ? running.holds.of(name) : this.holds.find((row) => row.provider === name);
    const standing = running?.rotation.standings().find((each) => each.name === name);
    const history = historyOf(name, this.facts.changes, running?.log.of(name) ?? []);
    const [newest] = history;
    const state = hold ? 'held' : (standing?.state ?? newest?.to ?? 'in_rotation');
    const pingIn = running?.nextPingInMs(name);
    const recent = this.facts.recent.find((row) => row.provider === name);
    return {
      name,
      channels: CHANNELS.filter((channel) => carries(provider, channel)),
      order: providers.indexOf(provider) + 1,
      state,
      since: hold?.since ?? (standing ? new Date(now - standing.sinceMs) : (newest?.at ?? new Date(now))),
      why: hold?.reason ?? (state === 'in_rotation' ? null : (standing?.reason ?? newest?.why ?? null)),
      heldBy: hold?.held_by ?? null,
      consecutiveFailures: standing?.failuresInARow ?? 0,
      recent: {
        ...{ calls: recent?.calls ?? 0, failed: recent?.failed ?? 0, slow: recent?.slow ?? 0 },
        ...{ p50Ms: rounded(recent?.p50), p95Ms: rounded(recent?.p95) },
      },
      trial: standing?.trial ?? null,
      ...(state === 'suspended' && pingIn !== undefined && { nextPingAt: new Date(now + pingIn) }),
      lastErrors: this.facts.errors
        .filter((row) => row.provider === name)
        .map(({ at, fault }) => ({ at, code: fault, reason: reasonOf(fault) })),
      history: history.map(({ at, from, to, why, by, instance }) => ({ at, from, to, why, by, instance })),
    };
  }
}

const names = (providers: SmsProviders): readonly string[] => providers.map(({ name }) => name);
const rounded = (ms: number | null | undefined): number | null =>
  ms === null || ms === undefined ? null : Math.round(ms);
