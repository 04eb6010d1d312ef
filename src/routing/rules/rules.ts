import { Injectable } from '@nestjs/common';

import { AuditLog } from '../../audit/index.js';
import type { Operator } from '../../http/index.js';
import { DomainError } from '../../kernel/index.js';
import { Database, valuesFor } from '../../prisma/index.js';
import type { SmsProviders } from '../../sms/index.js';
import { isRule, readRule, type RouteMatch, type RouteRule, type RuleAsked, type RuleFault } from './route-rule.js';
import { RULES, SET_RULE, UNSET_RULE, type RuleRow } from './rules.sql.js';

/** More than anybody keeps in mind. */
const MOST_RULES = 1_000;

export class RuleRefused extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
  override readonly hint: string;
  override readonly extensions: Readonly<Record<string, unknown>>;

  constructor(faults: readonly RuleFault[]) {
    super(`The rule cannot be: ${faults.map(({ problem }) => problem).join(' ')}`);
    this.hint = faults[0]?.mend ?? 'docs/routing.md shows rules.';
    this.extensions = {
      errors: faults.map(({ member, problem, mend }) => ({
        pointer: member ? `#/${member}` : '#',
        detail: `${problem} ${mend}`,
      })),
    };
  }
}

export class NoSuchRule extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'NOT_FOUND';
  override readonly hint = 'List them: rules of ROUTES_FILE are changed there.';

  constructor() {
    super('The database has no rule for exactly these texts.');
  }
}

/** Operators' rules in the database; every instance reads them again within seconds. */
@Injectable()
export class RouteRules {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditLog,
  ) {}

  /** @throws {DatabaseUnavailable} */
  async all(): Promise<readonly RouteRule[]> {
    const rows = await this.database.query<RuleRow>(RULES, []);
    return rows.map(ruleOf);
  }

  /** In the place of the one for the same texts, if there is one. @throws {RuleRefused | DatabaseUnavailable} */
  async set(asked: RuleAsked, providers: SmsProviders, by: Operator): Promise<RouteRule> {
    const rule = readRule(asked, { names: providers.map(({ name }) => name), providers }, by.name);
    if (!isRule(rule)) throw new RuleRefused(rule);
    const { act } = rule;
    const named = act.kind === 'learn' ? [] : act.providers;
    const row = { ...keyColumns(rule), kind: act.kind, providers: named, created_by: by.name, most: MOST_RULES };
    const audit = this.audit.parametersOf({ who: by, act: 'route.set' });
    const made = await this.database.query(SET_RULE, valuesFor(SET_RULE, { ...row, ...audit }));
    if (made.length === 0)
      throw new RuleRefused([
        { problem: `there are ${MOST_RULES} already.`, mend: 'Unset some, or make one for a wider match.' },
      ]);
    return rule;
  }

  /** @throws {NoSuchRule | DatabaseUnavailable} */
  async unset(match: RouteMatch, by: Operator): Promise<void> {
    const audit = this.audit.parametersOf({ who: by, act: 'route.unset' });
    const gone = await this.database.query(UNSET_RULE, valuesFor(UNSET_RULE, { ...keyColumns(match), ...audit }));
    if (gone.length === 0) throw new NoSuchRule();
  }
}

const keyColumns = ({ country = '*', network = '', channel }: RouteMatch) => ({
  country,
  network,
  channel: channel ?? '',
});

function ruleOf({ country, network, channel, kind, providers, created_by: by }: RuleRow): RouteRule {
  return {
    ...(country !== '*' && { country }),
    ...(network && { network }),
    ...(channel && { channel: channel as NonNullable<RouteMatch['channel']> }),
    act: kind === 'learn' ? { kind } : { kind, providers },
    by,
  };
}
