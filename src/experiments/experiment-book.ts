import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';

import { Clock, Rounds } from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import type { Wording } from '../sms/index.js';
import { CONTROL, type Beginning, type Variants } from '../verification/index.js';
import { armOf, type Share } from './assignment.js';
import { EXPERIMENTS_OPTIONS, type ExperimentsOptions } from './experiments.options.js';
import { IN_FORCE, type ExperimentRow } from './experiments.sql.js';

const REFRESH_MS = 2_000;
/** Who knows less recently tries nothing: when verifications are counted (GRACE_SECS), everybody knows the same. */
const TRUSTED_MS = 10_000;
/** What is remembered of who fits, until the next look; locales come from callers. */
const MOST_REMEMBERED = 1_000;

interface Open {
  readonly id: string;
  readonly locale: string | null;
  /** What everybody gets; null: by lot. */
  readonly winner: string | null;
  readonly shares: readonly Share[];
}

/** The experiments in force, in memory: nobody's start waits for the database. */
@Injectable()
export class ExperimentBook implements Variants, OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('Experiments');
  private open: ReadonlyMap<string, Open> = new Map();
  /** Whether a destination has every wording that is tried, by experiment, locale and country. */
  private readonly fitting = new Map<string, boolean>();
  private readAt = -Infinity;
  private readonly rounds = new Rounds(
    () => this.lookAgain(),
    REFRESH_MS,
    () => undefined,
  );

  constructor(
    private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(EXPERIMENTS_OPTIONS) private readonly options: ExperimentsOptions,
  ) {}

  async onModuleInit(): Promise<void> {
    if (!this.options.watch) return;
    await this.lookAgain();
    this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  pick({ id, template, channel, locale, country }: Beginning, write: (variant: string | null) => Wording) {
    const open = this.open.get(template);
    // A call reads its code out, and WhatsApp's texts are fixed there: neither has wordings of ours.
    if (!open || channel !== 'sms' || this.clock.monotonic() - this.readAt > TRUSTED_MS) return null;
    const destination = `${open.id} ${locale} ${country}`;
    let fits = this.fitting.get(destination);
    if (fits === undefined) {
      fits = hasEvery(open, write);
      if (this.fitting.size < MOST_REMEMBERED) this.fitting.set(destination, fits);
    }
    if (!fits) return null;
    return open.winner ?? armOf(open.id, id, open.shares);
  }

  /** @throws {DatabaseUnavailable} */
  async refresh(): Promise<void> {
    const begunAt = this.clock.monotonic();
    const rows = await this.database.query<ExperimentRow>(IN_FORCE, []);
    if (begunAt < this.readAt) return;
    this.open = new Map(rows.map((row) => [row.template, openOf(row)]));
    this.fitting.clear(); // a wording may be there now that was not, or the other way round
    this.readAt = begunAt;
  }

  private lookAgain(): Promise<void> {
    return this.refresh().catch((error: unknown) =>
      this.logger.debug(`cannot read the experiments: ${error instanceof Error ? error.name : 'unknown failure'}`),
    );
  }
}

function openOf({ id, locale, winner, arms }: ExperimentRow): Open {
  const shares = arms.map(({ name, weight, stoppedAt }) => ({ name, weight, isStopped: stoppedAt !== null }));
  return { id, locale, winner, shares };
}

/**
 * Whoever would get the plain wording because there is no other takes no part, and is not among those who got it by lot:
 * they would be compared with people of another language.
 */
function hasEvery({ locale, winner, shares }: Open, write: (variant: string | null) => Wording): boolean {
  const plain = write(null);
  if (locale !== null && plain.locale !== locale && !plain.locale.startsWith(`${locale}-`)) return false;
  const names = winner ? [winner] : shares.filter(({ isStopped }) => !isStopped).map(({ name }) => name);
  return names
    .filter((name) => name !== CONTROL)
    .every((name) => {
      const wording = write(name);
      return wording.variant === name && wording.locale === plain.locale;
    });
}
