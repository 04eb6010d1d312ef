import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';

import { IssuedKeys, SCOPES, type Caller } from '../http/index.js';
import { Clock } from '../kernel/index.js';
import { Database, DatabaseUnavailable, valuesFor } from '../prisma/index.js';
import { KeyUses } from './key-uses.js';
import { KEYS_OPTIONS, type KeysOptions } from './keys.options.js';
import { ACTIVE, type ActiveRow } from './keys.sql.js';

const REFRESH_MS = 5_000;
/** However many unknown keys come, the database is asked about them once in this time. */
const LOOK_UP_EVERY_MS = 1_000;
/** With a database that is down: how long what is known goes on being known. */
const TRUSTED_MS = 60_000;

interface ActiveKey {
  readonly id: string;
  readonly caller: Caller;
  /** By this process's clock, in milliseconds. */
  readonly expiresAt: number;
}

/**
 * Every key that is good now, in memory: no request costs a statement. What another instance revoked is out here after
 * `refreshMs`; what it made works at once, because a key that is new here is looked up.
 */
@Injectable()
export class KeyRegistry extends IssuedKeys implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('Keys');
  private keys: ReadonlyMap<string, ActiveKey> = new Map();
  /** Both by the monotonic clock: when the last read that was answered was begun, and when the last one was. */
  private readAt = -Infinity;
  private begunAt = -Infinity;
  private reading: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;
  /** What was revoked here; a read that was begun before does not bring it back. */
  private revocations = 0;
  private timer: NodeJS.Timeout | undefined;
  private closing = false;

  constructor(
    private readonly database: Database,
    private readonly uses: KeyUses,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(KEYS_OPTIONS) private readonly options: KeysOptions,
  ) {
    super();
  }

  async onModuleInit(): Promise<void> {
    await this.refresh();
    this.schedule();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    clearTimeout(this.timer);
    await this.next?.catch(() => undefined);
    await this.uses.write(0).catch(() => undefined);
  }

  callerWith(hash: string): Caller | undefined | Promise<Caller | undefined> {
    const known = this.isTrusted() && this.keys.get(hash);
    return known ? this.use(known) : this.lookUp(hash);
  }

  /** @throws {DatabaseUnavailable} */
  refresh(): Promise<void> {
    const read = this.reading.then(() => this.read());
    this.reading = read.catch(() => undefined);
    return read;
  }

  /** From now on, here, whatever becomes of the database. */
  forget(id: string): void {
    this.revocations++;
    this.keys = new Map([...this.keys].filter(([, key]) => key.id !== id));
  }

  private use(key: ActiveKey): Caller | undefined {
    const now = this.clock.now().getTime();
    if (key.expiresAt <= now) return undefined;
    this.uses.note(key.id, now);
    return key.caller;
  }

  /** @throws {DatabaseUnavailable} when nobody can tell */
  private async lookUp(hash: string): Promise<Caller | undefined> {
    try {
      await (this.next ??= this.refreshSoon());
    } catch (error) {
      const known = this.isTrusted() && this.keys.get(hash);
      if (known) return this.use(known);
      throw error instanceof DatabaseUnavailable ? error : new DatabaseUnavailable(error);
    }
    const found = this.keys.get(hash);
    return found && this.use(found);
  }

  /** One read for all who wait. */
  private async refreshSoon(): Promise<void> {
    try {
      await this.clock.wait(Math.max(this.begunAt + LOOK_UP_EVERY_MS - this.clock.monotonic(), 0));
    } finally {
      this.next = undefined; // whoever comes from now on may have a key that this read does not see
    }
    await this.refresh();
  }

  private isTrusted(): boolean {
    return this.clock.monotonic() - this.readAt < TRUSTED_MS;
  }

  private async read(): Promise<void> {
    const begunAt = this.clock.monotonic();
    const { revocations } = this;
    this.begunAt = begunAt;
    const rows = await this.database.query<ActiveRow>(ACTIVE, valuesFor(ACTIVE, { now: this.clock.databaseTime() }));
    if (revocations !== this.revocations) return this.read();
    this.keys = new Map(rows.map((row) => [row.hash, keyOf(row)]));
    this.readAt = begunAt;
  }

  private schedule(): void {
    const round = async () => {
      try {
        await this.refresh();
        await this.uses.write();
      } catch (error) {
        this.logger.warn(`cannot read the API keys: ${error instanceof Error ? error.message : 'unknown failure'}`);
      }
      if (!this.closing) this.schedule();
    };
    this.timer = setTimeout(() => void round(), this.options.refreshMs ?? REFRESH_MS).unref();
  }
}

function keyOf({ id, name, scopes, expires_at: expiresAt }: ActiveRow): ActiveKey {
  const caller = { name, scopes: SCOPES.filter((scope) => scopes.includes(scope)) };
  return { id, caller, expiresAt: expiresAt?.getTime() ?? Infinity };
}
