import { createHash, randomBytes, randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';

import { AuditLog } from '../audit/index.js';
import type { Operator, Scope } from '../http/index.js';
import { Clock, isUuid } from '../kernel/index.js';
import { Database, valuesFor } from '../prisma/index.js';
import { KeyRegistry } from './key-registry.js';
import { KeyNameTaken, KeyNotFound, KeyUnreadable } from './keys.errors.js';
import { KEYS_OPTIONS, type KeysOptions } from './keys.options.js';
import { CREATE, LIST, REVOKE, type KeyRow } from './keys.sql.js';

export interface KeyAsked {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Without it the key is good until it is revoked. */
  readonly expiresAt?: Date;
}

/** As the environment's names are. */
export const KEY_NAME = /^[a-z0-9-]{1,40}$/;
const BYTES = 32;

/** API keys as operators see them: made, listed and revoked; each by one statement, which writes the audit, too. */
@Injectable()
export class Keys {
  constructor(
    private readonly database: Database,
    private readonly registry: KeyRegistry,
    private readonly audit: AuditLog,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(KEYS_OPTIONS) private readonly options: KeysOptions,
  ) {}

  /**
   * `key` is told here and nowhere else: what is kept is its SHA-256. That is enough, and no slow hash would add to it: a slow
   * hash makes guessing dear where there is something to guess, and nobody guesses 256 random bits.
   * @throws {KeyNameTaken | KeyUnreadable | DatabaseUnavailable}
   */
  async create({ name, scopes, expiresAt }: KeyAsked, by: Operator): Promise<{ row: KeyRow; key: string }> {
    if (expiresAt && !(expiresAt > this.clock.now()))
      throw new KeyUnreadable('A key cannot have expired before it is made.', 'Give a time that is still to come.');
    if (this.options.takenNames.includes(name)) throw new KeyNameTaken(name);
    const key = `sk_${randomBytes(BYTES).toString('base64url')}`;
    const values = valuesFor(CREATE, {
      id: randomUUID(),
      name,
      hash: createHash('sha256').update(key).digest(),
      hint: key.slice(-4),
      scopes: [...new Set(scopes)],
      created_by: by.name,
      expires_at: expiresAt ?? null,
      now: this.clock.databaseTime(),
      ...this.audit.parametersOf({ who: by, act: 'key.create' }),
    });
    const [row] = await this.database.query<KeyRow>(CREATE, values);
    if (!row) throw new KeyNameTaken(name);
    // It is made, whatever becomes of this; a key that is not known yet is looked up when it comes.
    await this.registry.refresh().catch(() => undefined);
    return { row, key };
  }

  /** Newest first, and those that are revoked, too. @throws {DatabaseUnavailable} */
  list(): Promise<KeyRow[]> {
    return this.database.query<KeyRow>(LIST, []);
  }

  /** Again is as good as once. @throws {KeyNotFound | DatabaseUnavailable} */
  async revoke(idAsGiven: string, by: Operator): Promise<void> {
    const id = idAsGiven.toLowerCase();
    if (!isUuid(id)) throw new KeyNotFound();
    const audit = this.audit.parametersOf({ who: by, act: 'key.revoke' });
    const values = valuesFor(REVOKE, { id, now: this.clock.databaseTime(), ...audit });
    const [revoked] = await this.database.query<KeyRow>(REVOKE, values);
    if (revoked) this.registry.forget(id);
    else if (!(await this.list()).some((key) => key.id === id)) throw new KeyNotFound();
  }
}
