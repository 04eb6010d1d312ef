import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';

import { Rounds } from '../../kernel/index.js';
import { Database } from '../../prisma/index.js';
import { Rotation } from '../../sms/index.js';
import { HOLDS, type HoldRow } from './providers.sql.js';

const EVERY_MS = 1_000;

/** Which providers were taken out by hand: the database says so, and every instance's rotation follows within two seconds. */
@Injectable()
export class ProviderHolds implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Rotation');
  private readonly rounds = new Rounds(
    async () => {
      await this.refresh();
      this.isBlind = false;
    },
    EVERY_MS,
    () => this.cannotSee(),
  );
  private rows: readonly HoldRow[] = [];
  private last: Promise<unknown> = Promise.resolve();
  private isBlind = false;

  constructor(
    private readonly database: Database,
    @Inject(Rotation) private readonly rotation: Rotation,
  ) {}

  /** Before anything is sent: whoever cannot tell who is held must not begin. @throws {DatabaseUnavailable} */
  async onModuleInit(): Promise<void> {
    await this.refresh();
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  of(provider: string): HoldRow | undefined {
    return this.rows.find((row) => row.provider === provider);
  }

  /**
   * What the database says when this is called, or later. One at a time, so that no older answer comes after a newer one.
   * @throws {DatabaseUnavailable} and then those are held that were
   */
  refresh(): Promise<void> {
    const read = this.last.then(() => this.read());
    this.last = read.catch(() => undefined);
    return read;
  }

  private async read(): Promise<void> {
    this.rows = await this.database.query<HoldRow>(HOLDS, []);
    for (const { provider, reason } of this.rows) this.rotation.hold(provider, reason);
    for (const name of this.rotation.held()) if (!this.of(name)) this.rotation.release(name, PUT_BACK_BY_HAND);
  }

  private cannotSee(): void {
    if (!this.isBlind) this.logger.error('which providers are held cannot be read: those are held that were');
    this.isBlind = true;
  }
}

export const PUT_BACK_BY_HAND = 'put back by hand';
