import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

import type { BatchDto, BatchErrorDto, UploadDto } from '../../batches/index.js';
import { BatchIntake, Batches, BatchIntakeModule } from '../../batches/index.js';
import { DomainError } from '../../kernel/index.js';
import { FraudModule } from '../../fraud/index.js';
import { LimitsModule } from '../../limits/index.js';
import { RedisModule } from '../../redis/index.js';
import { SmsModule } from '../../sms/index.js';
import { operator } from '../operator.js';
import { withRooms } from '../rooms.js';
import { UsageError } from '../usage-error.js';

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

export interface Where {
  readonly url?: string;
  readonly key?: string;
  readonly keyFile?: string;
}

/** The running program's, by its address; without one, the database's own. */
export function withBatches<T>({ url, key, keyFile }: Where, work: (api: BatchApi) => Promise<T>): Promise<T> {
  if (url !== undefined) {
    const given = key ?? (keyFile !== undefined ? readFileSync(keyFile, 'utf8').trim() : undefined);
    if (!given)
      throw new UsageError(
        '--url needs a key.',
        'Give --key KEY, or --key-file FILE with a key of the scope "message".',
      );
    if (!URL.canParse(url)) throw new UsageError('--url is no URL.', 'Write it like --url http://127.0.0.1:3000');
    return work(new RemoteBatches(url.replace(/\/+$/, ''), given));
  }
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
      BatchIntakeModule.forRoot({ defaultRegion: phone.defaultRegion, leaseMs: 0, paceOf: sms.paceOf }),
    ],
    (context) => work(new OwnBatches(context.get(BatchIntake), context.get(Batches))),
  );
}

class OwnBatches implements BatchApi {
  readonly isRunning = false;

  constructor(
    private readonly intake: BatchIntake,
    private readonly batches: Batches,
  ) {}

  upload(rows: readonly object[], query: UploadQuery): Promise<UploadDto> {
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

  act(id: string, act: Act) {
    return this.batches[act](id);
  }

  async *errors(id: string) {
    yield* await this.batches.errors(id);
  }
}

const TRIES = 6;
const TIMEOUT_MS = 120_000;

/** What the program answered, in its own words. */
class Answered extends DomainError {
  readonly kind: DomainError['kind'];
  readonly code: string;
  override readonly hint: string;

  constructor(status: number, { code, detail, hint }: { code?: string; detail?: string; hint?: string }) {
    super(detail ?? `The program answered ${status}.`);
    this.kind = status === 404 ? 'not_found' : status >= 500 ? 'unavailable' : 'invalid';
    this.code = code ?? 'UNEXPECTED';
    this.hint = hint ?? 'Look whether --url is that of the program.';
  }
}

class RemoteBatches implements BatchApi {
  readonly isRunning = true;

  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

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

  /** Again where nobody answered, or not now: nothing here is done twice. */
  private async ask(method: string, path: string, body?: string): Promise<Response> {
    for (let tries = 1; ; tries++) {
      const response = await fetch(`${this.url}/v1/messages/batch${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.key}`,
          ...(body !== undefined && { 'content-type': 'application/x-ndjson' }),
        },
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }).catch((error: unknown) => {
        if (tries >= TRIES) throw new Answered(503, { detail: `Nobody answers at ${this.url}: ${causeOf(error)}.` });
        return undefined;
      });
      if (response?.ok) return response;
      if (response && (response.status < 500 || tries >= TRIES)) {
        const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string; hint?: string };
        throw new Answered(response.status, problem);
      }
      await wait(2 ** tries * 250);
    }
  }
}

const causeOf = (error: unknown) =>
  error instanceof Error
    ? String((error.cause as { code?: string } | undefined)?.code ?? error.name)
    : 'unknown failure';
