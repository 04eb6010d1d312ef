import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';

import { Rounds } from '../kernel/index.js';
import { answerTo, Database, PrismaService } from '../prisma/index.js';
import { Templates, type OwnTemplate, type TemplateArchive } from '../sms/index.js';
import { CURRENT, STAMP, type TemplateRow } from './templates.sql.js';

/** So long texts may differ between instances. */
const EVERY_MS = 2_000;

/** Keeps what is written with as the database and the files say: every instance, within seconds. */
@Injectable()
export class TemplateKeeper implements TemplateArchive, OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('Templates');
  private readonly rounds = new Rounds(
    () => this.refresh(),
    EVERY_MS,
    (error) => this.logger.error(`templates are not looked at again: ${error instanceof Error ? error.message : ''}`),
  );
  private stamp = '';

  constructor(
    private readonly templates: Templates,
    private readonly database: Database,
    private readonly prisma: PrismaService,
  ) {}

  /** Before the first text is written. */
  async onModuleInit(): Promise<void> {
    await this.refresh();
    this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** Takes in what changed. @throws {DatabaseUnavailable} and then what was known stays */
  async refresh(): Promise<void> {
    await this.templates.refreshFiles();
    const [found] = await this.database.query<{ rows: number; gone: number }>(STAMP, []);
    const stamp = `${found?.rows}/${found?.gone}`;
    if (stamp === this.stamp) return;
    this.templates.useOwn(await this.database.query<TemplateRow>(CURRENT, []), this);
    // A change between the two is taken in again, which does no harm.
    this.stamp = stamp;
  }

  /** One version, deleted or not. */
  async find({ name, locale, variant, version }: Omit<OwnTemplate, 'body'>): Promise<OwnTemplate | undefined> {
    const where = { name, locale, variant, version };
    return (await answerTo(this.prisma.messageTemplate.findFirst({ where }))) ?? undefined;
  }

}
