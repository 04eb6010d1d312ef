import { AuditLog, AuditModule } from '../../audit/index.js';
import type { BatchDto, BatchErrorDto, UploadDto } from '../../batches/index.js';
import { BatchIntake, Batches, BatchIntakeModule } from '../../batches/index.js';
import { FraudModule } from '../../fraud/index.js';
import { LimitsModule } from '../../limits/index.js';
import { RedisModule } from '../../redis/index.js';
import { SmsModule } from '../../sms/index.js';
import { ask } from '../api/remote.js';
import { addressOf, type Address, type Where } from '../api/where.js';
import { operator } from '../operator.js';
import { withRooms } from '../rooms.js';

export interface UploadQuery {
  readonly id: string;
  readonly name?: string;
  readonly rate?: number;
  readonly first?: number;
  readonly more?: boolean;
  readonly hold?: boolean;
  readonly dryRun?: boolean;
}
export type Act = 'pause' | 'resume' | 'cancel';

/** Batches, wherever they are. */
export interface BatchApi {
  /** Whether somebody sends what is taken while we look. */
  readonly isRunning: boolean;
  upload(rows: readonly object[], query: UploadQuery): Promise<UploadDto>;
  get(id: string): Promise<BatchDto>;
  list(): Promise<readonly BatchDto[]>;
  act(id: string, act: Act): Promise<BatchDto>;
  errors(id: string): AsyncIterable<BatchErrorDto>;
}

/** The running program's, by its address; without one, the database's own. */
export function withBatches<T>(where: Where, work: (api: BatchApi) => Promise<T>): Promise<T> {
  const address = addressOf(where);
  if (address) return work(new RemoteBatches(address));
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

class RemoteBatches implements BatchApi {
  readonly isRunning = true;

  constructor(private readonly address: Address) {}

  upload(rows: readonly object[], query: UploadQuery): Promise<UploadDto> {
    const asked = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) asked.set(name, String(value));
    const body = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    return this.json('POST', `?${asked.toString()}`, body);
  }

  get(id: string): Promise<BatchDto> {
    return this.json('GET', `/${encodeURIComponent(id)}`);
  }

  list(): Promise<readonly BatchDto[]> {
    return this.json('GET', '');
  }

  act(id: string, act: Act): Promise<BatchDto> {
    return this.json('POST', `/${encodeURIComponent(id)}/${act}`);
  }

  async *errors(id: string): AsyncIterable<BatchErrorDto> {
    const response = await this.ask('GET', `/${encodeURIComponent(id)}/errors`);
    let rest = '';
    const decoder = new TextDecoder();
    for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line) as BatchErrorDto;
    }
  }

  private async json<T>(method: string, path: string, body?: string): Promise<T> {
    return (await (await this.ask(method, path, body)).json()) as T;
  }

  private ask(method: string, path: string, body?: string): Promise<Response> {
    return ask(this.address, {
      method,
      path: `/v1/messages/batch${path}`,
      ...(body !== undefined && { body, type: 'application/x-ndjson' }),
    });
  }
}
