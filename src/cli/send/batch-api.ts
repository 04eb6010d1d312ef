import type { BatchDto, BatchErrorDto, UploadDto } from '../../batches/index.js';

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
