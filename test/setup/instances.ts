import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ConsoleLogger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';

import { AppModule } from '../../src/app.module.js';
import { readConfig } from '../../src/config/index.js';
import type { Source } from '../../src/kernel/index.js';
import { PhoneLimits } from '../../src/limits/index.js';
import { BudgetKeeper, DecisionLog, FraudOffice } from '../../src/fraud/index.js';
import { Lookups } from '../../src/lookups/index.js';
import { Metrics } from '../../src/metrics/index.js';
import { PrivacyService, RetentionJob } from '../../src/privacy/index.js';
import { Database, DatabaseUnavailable, PrismaService, type Statement } from '../../src/prisma/index.js';
import { SenderOffice } from '../../src/senders/index.js';
import { DeliveryReports, OptOuts, OutboxWorker, Rotation, SenderRests, Senders } from '../../src/sms/index.js';
import { VerificationService } from '../../src/verification/index.js';
import { WebhookEndpoints } from '../../src/webhooks/index.js';
import { FakeSns, FakeTwilio } from '../support/index.js';
import { openTestDatabase, type TestDatabase } from './database.js';

/** Of how many a statement is asked at once. */
function manyIn(
  { order = [] }: Statement & { readonly order?: readonly unknown[] },
  values: readonly unknown[],
): number {
  const index = order.findIndex((name) => ['starts', 'guesses', 'receipts'].includes(String(name)));
  return index < 0 ? 1 : (JSON.parse(String(values[index])) as readonly unknown[]).length;
}

/** Passes statements on, remembers their names, and loses those it is told to. */
export class SpiedDatabase extends Database {
  readonly statements: string[] = [];
  /** Names of those that were asked of several at once. */
  readonly together: string[] = [];
  readonly lost = new Set<string>();
  /** What happens just before a statement of that name. */
  readonly before = new Map<string, (many: number) => Promise<unknown>>();

  constructor(private readonly inner: Database) {
    super();
  }

  get outlivesUs(): boolean {
    return this.inner.outlivesUs;
  }

  async query<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    this.statements.push(statement.name);
    const many = manyIn(statement, values);
    if (many > 1) this.together.push(statement.name);
    await this.before.get(statement.name)?.(many);
    if (this.lost.has(statement.name)) return Promise.reject(new DatabaseUnavailable(new Error('lost on purpose')));
    return this.inner.query<Row>(statement, values);
  }

  close(): Promise<void> {
    return Promise.resolve(); // who opened it closes it
  }
}

export interface Instance {
  readonly module: TestingModule;
  readonly verifications: VerificationService;
  readonly rotation: Rotation;
  readonly outbox: OutboxWorker;
  readonly reports: DeliveryReports;
  readonly optOuts: OptOuts;
  readonly limits: PhoneLimits;
  readonly webhooks: WebhookEndpoints;
  readonly privacy: PrivacyService;
  readonly retention: RetentionJob;
  readonly metrics: Metrics;
  readonly budgets: BudgetKeeper;
  readonly office: FraudOffice;
  readonly decisions: DecisionLog;
  readonly lookups: Lookups;
  readonly senders: Senders;
  readonly rests: SenderRests;
  readonly senderOffice: SenderOffice;
  readonly database: SpiedDatabase;
}

/** Several instances of the program without their web servers, on one database, in front of a fake Twilio and a fake SNS. */
export interface Cluster {
  readonly instances: readonly Instance[] & { readonly 0: Instance };
  readonly twilio: FakeTwilio;
  readonly sns: FakeSns;
  readonly data: TestDatabase;
  close(): Promise<void>;
}

const SNS_KEY = 'AKIAFAKE00000000';

export function credentials(twilio: { url: string; accountSid: string }, sns: { url: string }): Source {
  return {
    TWILIO_ACCOUNT_SID: twilio.accountSid,
    TWILIO_AUTH_TOKEN: 'test-token',
    TWILIO_FROM_NUMBER: '+15005550006',
    TWILIO_BASE_URL: twilio.url,
    AWS_SNS_ACCESS_KEY_ID: SNS_KEY,
    AWS_SNS_SECRET_ACCESS_KEY: 'fake-secret',
    AWS_SNS_ENDPOINT: sns.url,
  };
}

/** @param given the database of a cluster that is closed after this one */
export async function startCluster(count = 1, env: Source = {}, given?: TestDatabase): Promise<Cluster> {
  const [twilio, sns, data] = await Promise.all([
    FakeTwilio.start(),
    FakeSns.start({ accessKeyId: SNS_KEY }),
    given ?? openTestDatabase(),
  ]);
  const dataDir = mkdtempSync(join(tmpdir(), 'sixdigit-cluster-'));
  const settings = {
    NODE_ENV: 'test',
    DATA_DIR: dataDir,
    APP_SECRET: 'a test secret of more than 32 bytes',
    ...credentials(twilio, sns),
    ...env,
  };
  const config = readConfig(settings);
  const start = async () => {
    const inner = await data.another();
    const database = new SpiedDatabase(inner);
    const builder = Test.createTestingModule({ imports: [AppModule.forRoot(config)] });
    const module = await builder
      .setLogger(new ConsoleLogger({ logLevels: [] }))
      .overrideProvider(Database)
      .useValue(database)
      .overrideProvider(PrismaService)
      .useFactory({ factory: () => new PrismaService(inner.adapter) })
      .compile();
    await module.init();
    return {
      module,
      verifications: module.get(VerificationService),
      rotation: module.get(Rotation),
      outbox: module.get(OutboxWorker),
      reports: module.get(DeliveryReports),
      optOuts: module.get(OptOuts),
      budgets: module.get(BudgetKeeper, { strict: false }),
      office: module.get(FraudOffice, { strict: false }),
      decisions: module.get(DecisionLog, { strict: false }),
      lookups: module.get(Lookups),
      senders: module.get(Senders),
      rests: module.get(SenderRests),
      senderOffice: module.get(SenderOffice, { strict: false }),
      limits: module.get(PhoneLimits),
      webhooks: module.get(WebhookEndpoints),
      privacy: module.get(PrivacyService),
      retention: module.get(RetentionJob),
      metrics: module.get(Metrics),
      database,
    };
  };
  const started = await Promise.all(Array.from({ length: count }, start));
  return {
    instances: started as unknown as Cluster['instances'],
    twilio,
    sns,
    data,
    close: async () => {
      await Promise.all(started.map(({ module }) => module.close()));
      await Promise.all([twilio.close(), sns.close()]);
      if (!given) await data.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The code in a text that was sent. */
export const codeIn = (text: string | undefined): string => /\b\d{4,10}\b/.exec(text ?? '')?.[0] ?? 'no code';
