import { randomUUID } from 'node:crypto';

import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';

import { Clock } from '../../kernel/index.js';
import { Database, valuesFor } from '../../prisma/index.js';
import { Rotation, type StandingChange } from '../../sms/index.js';
import { CONSOLE_OPTIONS, type ConsoleOptions } from '../console.options.js';
import { instanceName } from '../instance.js';
import { NOTE_CHANGE, type ChangeRow } from './providers.sql.js';

const KEPT = 100;

/** Writes down what happens to providers in this instance's rotation. Nobody waits for it, and what cannot be written is let go. */
@Injectable()
export class StandingLog implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('Rotation');
  private readonly instance: string;
  private readonly writing = new Set<Promise<void>>();
  private newest: readonly ChangeRow[] = [];
  private unwatch: () => void = () => undefined;

  constructor(
    private readonly database: Database,
    private readonly rotation: Rotation,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(CONSOLE_OPTIONS) { instance = instanceName() }: ConsoleOptions,
  ) {
    this.instance = instance;
  }

  onModuleInit(): void {
    this.unwatch = this.rotation.watch((change) => this.note(change));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.unwatch();
    await Promise.all(this.writing);
  }

  /** Newest first; also what is not written down yet. */
  of(provider: string): readonly ChangeRow[] {
    return this.newest.filter((change) => change.provider === provider);
  }

  /** What an operator did is written down where he did it. */
  private note({ provider, from, to, reason }: StandingChange): void {
    if (from === 'held' || to === 'held') return;
    const by = 'rotation';
    const { instance } = this;
    const change = { id: randomUUID(), at: this.clock.now(), provider, instance, from, to, why: reason, by };
    this.newest = [change, ...this.newest].slice(0, KEPT);
    const write = this.database.query(NOTE_CHANGE, valuesFor(NOTE_CHANGE, change)).then(
      () => undefined,
      () => this.logger.warn(`that ${provider} is ${to} could not be written down`),
    );
    this.writing.add(write);
    void write.finally(() => this.writing.delete(write));
  }
}
