import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';

import { Clock, KeyRing, type LookupKind, type Run } from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import { IDEMPOTENCY_OPTIONS, type IdempotencyOptions } from './idempotency.options.js';
import * as sql from './idempotency.sql.js';

/** What tells one request from another; texts. */
export interface Asked {
  /** API key's name, route, and the key: these name the request. */
  readonly name: readonly [caller: string, route: string, key: string];
  /** Address and body: a repeat has the same. */
  readonly content: readonly [address: string, body: string];
}

/** An answer as it left. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Claim =
  | { readonly state: 'ours'; readonly run: Run; readonly row: Uint8Array; readonly holder: string }
  | { readonly state: 'answered'; readonly answer: Answer }
  | { readonly state: 'running' | 'mismatch' };

export type OwnClaim = Extract<Claim, { state: 'ours' }>;

/** Who runs a request that came more than once, and what it was answered. Each method is one statement. */
@Injectable()
export class Answers {
  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(IDEMPOTENCY_OPTIONS) private readonly options: IdempotencyOptions,
  ) {}

  /** @throws {DatabaseUnavailable} and then nothing may run */
  async claim({ name, content }: Asked): Promise<Claim> {
    const holder = randomUUID();
    const hashes = [...this.hashes('idempotency-key', name), ...this.hashes('request', [...name, ...content])];
    const values = [...hashes, holder, this.options.leaseMs, this.clock.databaseTime()];
    const [row] = await this.database.query<sql.ClaimRow>(sql.CLAIM, values);
    if (!row) throw new Error(`${sql.CLAIM.name} returned no row`);
    const { state, key, seed, key_version: version, answer_sealed: data } = row;
    if (state === 'ours') return { state, run: { id: seed, isRepeat: seed !== holder }, row: key, holder };
    if (state !== 'answered' || version === null || data === null) return { state: state as 'running' | 'mismatch' };
    return { state, answer: JSON.parse(this.keys.open({ version, data }, key)) as Answer };
  }

  /** Every repeat gets it, until 24 hours after the first request. */
  async keep({ row, holder }: OwnClaim, answer: Answer): Promise<void> {
    const { version, data } = this.keys.seal(JSON.stringify(answer), row);
    await this.database.query(sql.KEEP, [row, holder, version, data]);
  }

  /** As if it had never been asked. */
  async forget({ row, holder }: OwnClaim): Promise<void> {
    await this.database.query(sql.FORGET, [row, holder]);
  }

  /** Lets the next one go on at once with what this run may have done. */
  async leave({ row, holder }: OwnClaim): Promise<void> {
    await this.database.query(sql.LEAVE, [row, holder, this.clock.databaseTime()]);
  }

  private hashes(kind: LookupKind, parts: readonly string[]): readonly [Buffer, Buffer | null] {
    const text = parts.join('\0');
    return [this.keys.lookupKey(kind, text), this.keys.formerLookupKey(kind, text)];
  }
}
