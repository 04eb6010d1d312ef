import { Inject, Injectable } from '@nestjs/common';

import { Clock, DomainError, isUuid, KeyRing, type PhoneNumber } from '../../kernel/index.js';
import { Database, valuesFor } from '../../prisma/index.js';
import { Rotation, type Channel } from '../../sms/index.js';
import { DestinationRouter } from '../destination-router.js';
import type { Place } from '../learning/knowledge.js';
import type { RoutingPolicy } from '../routing.options.js';
import { placeReport, ruleReport } from './place-report.js';
import type { PlaceReport, RuleReport } from './report.types.js';
import * as sql from './report.sql.js';

export interface RoutingReport extends RoutingPolicy {
  readonly rules: readonly RuleReport[];
  readonly destinations: readonly PlaceReport[];
}

/** Why a message went as it went. */
export interface MessageReport {
  readonly tries: readonly {
    readonly provider: string;
    /** rule, learned, floor, preference or failover. */
    readonly route: string;
    readonly outcome: string;
    readonly fault?: string;
    readonly startedAt: Date;
  }[];
  readonly why: string;
}

export class MessageUnknown extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'NOT_FOUND';
  override readonly hint = 'Ask for the messageId of a verification, or for a phone.';

  constructor() {
    super('There is no such message.');
  }
}

/** Without a country: those to which most is sent. */
const MOST_PLACES = 20;
const MEANING: Readonly<Record<string, string>> = {
  rule: "an operator's rule named it",
  learned: 'it was drawn by what was measured',
  floor: 'every provider gets a few first tries, so that it stays measured, and it was its turn',
  preference: 'it was the first by preference of those in the rotation',
  failover: 'an earlier try had failed',
};

/** Answers "why this provider", by what the router itself decides by. */
@Injectable()
export class RouteOffice {
  constructor(
    private readonly database: Database,
    private readonly router: DestinationRouter,
    private readonly keys: KeyRing,
    @Inject(Clock) private readonly clock: Pick<Clock, 'databaseTime'>,
    /** Only a program that sends has one. */
    private readonly rotation?: Rotation,
  ) {}

  /** @throws {DatabaseUnavailable} */
  async report(asked: { country?: string; network?: string; channel?: Channel }): Promise<RoutingReport> {
    const { country, network = '', channel } = asked;
    const places: readonly Place[] =
      country === undefined ? this.busiest(channel) : [{ country, network, channel: channel ?? 'sms' }];
    const { mode, costWeight, floor } = this.router.policy;
    return {
      ...{ mode, costWeight, floor },
      rules: this.router.book.rules.rules.map(ruleReport),
      destinations: await Promise.all(places.map((place) => this.at(place))),
    };
  }

  /** How a text to that phone would go now; its network is what a lookup told, unless it is given. @throws {DatabaseUnavailable} */
  async whyPhone(phone: PhoneNumber, channel: Channel = 'sms', given?: string): Promise<PlaceReport> {
    const network = given ?? (await this.networkOf(phone)) ?? '';
    return this.at({ country: phone.country ?? '', network, channel });
  }

  /** How that message went, and how one to the same place would go now. @throws {MessageUnknown | DatabaseUnavailable} */
  async whyMessage(id: string): Promise<PlaceReport & { message: MessageReport }> {
    const rows = isUuid(id.toLowerCase())
      ? await this.database.query<sql.MessageRow>(sql.MESSAGE, valuesFor(sql.MESSAGE, { id: id.toLowerCase() }))
      : [];
    const [first] = rows;
    if (!first) throw new MessageUnknown();
    const tries = rows.flatMap(({ provider, route, outcome, fault, started_at: startedAt }) =>
      provider && outcome && startedAt
        ? [{ provider, route: route ?? 'preference', outcome, ...(fault !== null && { fault }), startedAt }]
        : [],
    );
    const [one] = tries;
    const why = one
      ? `${one.provider} was asked first: ${MEANING[one.route] ?? one.route}.`
      : 'No provider was asked: none was free when it was written, or there was no budget for it.';
    const now = await this.at({ country: first.country ?? '', network: first.network ?? '', channel: first.channel });
    return { ...now, message: { tries, why } };
  }

  private async networkOf(phone: PhoneNumber): Promise<string | null | undefined> {
    const key = this.keys.lookupKey('phone', phone.line);
    const [known] = await this.database.query<sql.NetworkRow>(sql.NETWORK, [key]);
    return known?.network;
  }

  private async at(place: Place): Promise<PlaceReport> {
    const at = this.clock.databaseTime();
    const [recent, shadows] = await Promise.all([
      this.database.query<sql.RecentRow>(sql.RECENT, valuesFor(sql.RECENT, { at })),
      this.database.query<sql.ShadowRow>(sql.SHADOWS, valuesFor(sql.SHADOWS, { at, ...place })),
    ]);
    const standings = (this.rotation?.standings() ?? []).map((standing) => [standing.name, standing] as const);
    return placeReport(this.router.wayTo(place), this.router.policy, {
      standings: new Map(standings),
      recent: new Map(recent.map(({ provider, tries, failed }) => [provider, { tries, failed }])),
      shadows,
    });
  }

  private busiest(channel: Channel | undefined): readonly Place[] {
    return [...this.router.book.knowledge.places]
      .filter((place) => place.network === '' && (!channel || place.channel === channel))
      .sort((a, b) => b.tries - a.tries)
      .slice(0, MOST_PLACES)
      .map(({ tries: _, ...place }) => place);
  }
}
