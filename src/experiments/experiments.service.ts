import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';

import { AuditLog } from '../audit/index.js';
import type { Operator } from '../http/index.js';
import { Clock, isUuid } from '../kernel/index.js';
import { Database, valuesFor, type NamedStatement } from '../prisma/index.js';
import { Templates } from '../sms/index.js';
import { CONTROL } from '../verification/index.js';
import { soundly, type ExperimentAsked, type SoundExperiment } from './asked.js';
import { ExperimentBook } from './experiment-book.js';
import { judged } from './experiment-report.js';
import { ExperimentNotFound, ExperimentRunning, ExperimentUnreadable } from './experiments.errors.js';
import * as sql from './experiments.sql.js';
import { judge } from './verdicts.js';

/** Instances know of an experiment after two seconds, or try nothing after ten. */
const GRACE_SECS = 15;
/** What the rules decide is in the audit, too. */
const RULE: Operator = { name: 'experiments:rule', network: null };
/** As texts to codes have them. */
const SAMPLE = { code: '000000', brand: 'Sixdigit', expiryMinutes: 10, machineLine: '' };

/** Experiments as operators see them, and as rules end them. */
@Injectable()
export class Experiments {
  constructor(
    private readonly database: Database,
    private readonly book: ExperimentBook,
    private readonly audit: AuditLog,
    private readonly templates: Templates,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** @throws {ExperimentUnreadable | ExperimentRunning | DatabaseUnavailable} */
  async create(asked: ExperimentAsked, by: Operator): Promise<sql.ExperimentRow> {
    const sound = soundly(asked);
    this.checkWordings(sound);
    const { template, locale, arms, alpha, minimumSample, rule } = sound;
    const values = valuesFor(sql.CREATE, {
      ...{ id: randomUUID(), template, locale, alpha, rule, created_by: by.name },
      minimum_sample: minimumSample,
      names: arms.map(({ name }) => name),
      weights: arms.map(({ weight }) => weight),
      grace_secs: GRACE_SECS,
      now: this.clock.databaseTime(),
      ...this.audit.parametersOf({ who: by, act: 'experiment.create' }),
    });
    const [made] = await this.database.query<{ id: string }>(sql.CREATE, values);
    if (!made) throw new ExperimentRunning(template);
    await this.lookAgain();
    return this.get(made.id);
  }

  /** The newest first. @throws {DatabaseUnavailable} */
  list(): Promise<sql.ExperimentRow[]> {
    return this.database.query<sql.ExperimentRow>(sql.LIST, []);
  }

  /** @throws {ExperimentNotFound | DatabaseUnavailable} */
  async get(idAsGiven: string): Promise<sql.ExperimentRow> {
    const id = idAsGiven.toLowerCase();
    const [row] = isUuid(id) ? await this.database.query<sql.ExperimentRow>(sql.FIND, [id]) : [];
    if (!row) throw new ExperimentNotFound();
    return row;
  }

  /** Everybody gets the plain wording again; again is as good as once. @throws {ExperimentNotFound | DatabaseUnavailable} */
  async stop(idAsGiven: string, by: Operator): Promise<sql.ExperimentRow> {
    const { id } = await this.get(idAsGiven);
    await this.change(sql.STOP, id, {}, { who: by, act: 'experiment.stop' });
    return this.get(id);
  }

  /**
   * Nobody new gets that wording; its share goes to the others. With the last one the experiment ends.
   * @throws {ExperimentNotFound | ExperimentUnreadable | DatabaseUnavailable}
   */
  async stopVariant(idAsGiven: string, name: string, by: Operator): Promise<sql.ExperimentRow> {
    const row = await this.get(idAsGiven);
    if (name === CONTROL)
      throw new ExperimentUnreadable(
        'The plain wording cannot be stopped.',
        'Stop the experiment, or its other variants.',
      );
    if (!row.arms.some((arm) => arm.name === name)) throw new ExperimentNotFound('The experiment has no such variant.');
    await this.stopArm(row.id, name, by, by.name);
    const now = await this.get(row.id);
    return now.status === 'running' && hasOneLeft(now) ? this.stop(row.id, by) : now;
  }

  /** Counts what is over by now, and does what the rule says. @throws {DatabaseUnavailable} */
  async judgeAll(): Promise<void> {
    for (const { id } of await this.database.query<{ id: string }>(sql.UNCOUNTED, [])) {
      for (let more = true; more; ) {
        const [counted] = await this.database.query<{ more: boolean }>(sql.COUNT, [id, this.clock.databaseTime()]);
        more = counted?.more ?? false;
      }
      await this.judge(await this.get(id));
    }
  }

  private async judge(row: sql.ExperimentRow): Promise<void> {
    if (row.status !== 'running' || row.rule === 'watch') return;
    const { losers, winner } = judge(row.arms.map(judged), { alpha: row.alpha, minimumSample: row.minimum_sample });
    for (const name of losers) await this.stopArm(row.id, name, RULE, 'rule');
    const decided = losers.length > 0 && hasOneLeft(await this.get(row.id)) ? CONTROL : winner;
    // A winner that is not the plain wording is the operator's to take, unless the rule is to apply it.
    if (decided === null || (decided !== CONTROL && row.rule !== 'apply-winner')) return;
    await this.change(sql.DECIDE, row.id, { winner: decided }, { who: RULE, act: 'experiment.decide' });
  }

  private stopArm(id: string, name: string, who: Operator, by: string): Promise<void> {
    return this.change(sql.STOP_ARM, id, { name, by }, { who, act: 'experiment.variant.stop' });
  }

  private async change<More extends object>(
    statement: NamedStatement<sql.ChangeParameters & More>,
    id: string,
    more: More,
    act: { who: Operator; act: string },
  ): Promise<void> {
    const parameters = { id, now: this.clock.databaseTime(), ...this.audit.parametersOf(act), ...more };
    await this.database.query(statement, valuesFor(statement, parameters));
    await this.lookAgain();
  }

  /** It is done, whatever becomes of this; all instances look every two seconds. */
  private lookAgain(): Promise<void> {
    return this.book.refresh().catch(() => undefined);
  }

  private checkWordings({ template, locale, arms }: SoundExperiment): void {
    for (const { name } of arms) {
      if (name === CONTROL) continue;
      const wording = this.templates.render({ template, locale, variables: SAMPLE, variant: name });
      // Who asks for a language that nothing is written in reads another, and takes no part.
      const isIn = locale === null || wording.locale === locale || wording.locale.startsWith(`${locale}-`);
      if (wording.variant === name && isIn) continue;
      throw new ExperimentUnreadable(
        `The template "${template}" has no wording "${name}" in ${locale ?? wording.locale}.`,
        'Write it first, then try it: docs/experiments.md says how.',
      );
    }
  }
}

const hasOneLeft = ({ arms }: sql.ExperimentRow) => arms.filter(({ stoppedAt }) => stoppedAt === null).length === 1;
