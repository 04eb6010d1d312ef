import { AuditLog, AuditModule } from '../../audit/index.js';
import { BatchIntake, BatchIntakeModule, Batches, type UploadDto } from '../../batches/index.js';
import { FraudModule } from '../../fraud/index.js';
import { LimitsModule } from '../../limits/index.js';
import { RedisModule } from '../../redis/index.js';
import { SmsModule } from '../../sms/index.js';
import { operator } from '../operator.js';
import { withRooms } from '../rooms.js';
import type { Act, BatchApi, UploadQuery } from './batch-api.js';

/** Straight on the database. @throws as `withRooms` */
export function withOwnBatches<T>(work: (api: BatchApi) => Promise<T>): Promise<T> {
  return withRooms(
    ({ limits, redis, fraud, sms, phone }) => [
      RedisModule.forRoot({ server: redis }),
      LimitsModule.forRoot(limits),
      FraudModule.forRoot(fraud),
      SmsModule.forRoot({
        providers: sms.providers.map(({ definition, env }) => definition.create(env, {})),
        defaultRegion: phone.defaultRegion,
        budget: {
          prices: limits.prices,
          capMicros: limits.dailyCostLimitMicros,
          keptPercent: limits.costShareForKnown,
        },
      }),
      AuditModule,
      BatchIntakeModule.forRoot({ defaultRegion: phone.defaultRegion, leaseMs: 0, paceOf: sms.paceOf }),
    ],
    (context) => work(new OwnBatches(context.get(BatchIntake), context.get(Batches), context.get(AuditLog))),
  );
}

class OwnBatches implements BatchApi {
  readonly isRunning = false;

  constructor(
    private readonly intake: BatchIntake,
    private readonly batches: Batches,
    private readonly audit: AuditLog,
  ) {}

  async upload(rows: readonly object[], query: UploadQuery): Promise<UploadDto> {
    if (!query.dryRun && (query.first ?? 1) === 1) await this.write('send', query.id);
    const bytes = (async function* () {
      for (const row of rows) yield await Promise.resolve(Buffer.from(`${JSON.stringify(row)}\n`));
    })();
    return this.intake.take({ ...query, rows: bytes, format: 'ndjson', by: operator().name });
  }

  get(id: string) {
    return this.batches.get(id);
  }

  list() {
    return this.batches.list();
  }

  async act(id: string, act: Act) {
    const { id: known } = await this.batches.get(id);
    await this.write(act, known);
    return this.batches[act](known);
  }

  async *errors(id: string) {
    yield* await this.batches.errors(id);
  }

  private write(act: Act | 'send', id: string): Promise<void> {
    return this.audit.write({ who: operator(), act: `batch.${act}` }, id);
  }
}
