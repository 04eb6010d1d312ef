import type { BatchDto, BatchErrorDto, UploadDto } from '../../batches/index.js';
import { ask } from '../api/remote.js';
import type { Address } from '../api/where.js';
import type { Act, BatchApi, UploadQuery } from './batch-api.js';

/** Those of a running program. */
export class RemoteBatches implements BatchApi {
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
