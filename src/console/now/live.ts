import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { Admission } from '../../http/index.js';
import { Clock, DomainError, Rounds } from '../../kernel/index.js';
import { Rotation, type StandingChange } from '../../sms/index.js';
import { CONSOLE_OPTIONS, type ConsoleOptions } from '../console.options.js';
import { ProviderDesk } from '../providers/provider-desk.js';
import { EventStream, eventText } from './event-stream.js';
import { ServerStops, TooManyListeners } from './live.errors.js';
import { Snapshots } from './snapshots.js';

const MOST_LISTENERS = 50;
const EVERY_MS = 1_000;
/** A look takes at most a tenth of the time, however much there is to look at. */
const REST_PER_WORK = 9;
/** How often it is asked whether a listener may still listen, and whether he does. */
const CHECK_EVERY_MS = 5_000;
const BEAT_EVERY_MS = 15_000;
const STUCK_MS = 30_000;
/** Whoever has not read the end by then does not hold up the server. */
const LAST_WORD_MS = 1_000;

/** Tells everybody who listens what happens, once worked out for all. While nobody listens, nothing runs. */
@Injectable()
export class Live implements OnModuleInit, OnModuleDestroy {
  private readonly listeners = new Map<EventStream, FastifyRequest>();
  private rounds: Rounds | undefined;
  private checks: NodeJS.Timeout | undefined;
  private restUntil = -Infinity;
  private lastBeat = 0;
  private isStopping = false;
  private unwatch: () => void = () => undefined;

  constructor(
    private readonly snapshots: Snapshots,
    private readonly desk: ProviderDesk,
    private readonly admission: Admission,
    private readonly rotation: Rotation,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(CONSOLE_OPTIONS) private readonly options: ConsoleOptions,
  ) {}

  onModuleInit(): void {
    this.unwatch = this.rotation.watch((change) => this.tellChange(change));
  }

  /** Before the server waits for its requests: these would not end by themselves. */
  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    this.unwatch();
    const open = [...this.listeners.keys()];
    for (const stream of open) stream.end();
    setTimeout(() => open.forEach((stream) => stream.destroy()), LAST_WORD_MS).unref();
    clearInterval(this.checks);
    await this.rounds?.stop();
  }

  /** How many listen. */
  get size(): number {
    return this.listeners.size;
  }

  /** @throws {ServerStops | TooManyListeners | DatabaseUnavailable} */
  async serve(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    void reply.header('content-type', 'text/event-stream; charset=utf-8').header('x-accel-buffering', 'no');
    if (request.method === 'HEAD') return void reply.send();
    this.refuseTooMany();
    const snapshot = await this.snapshots.now().catch((error: unknown) => {
      void reply.removeHeader('content-type');
      throw error;
    });
    this.refuseTooMany();
    const stream = new EventStream(() => this.clock.monotonic());
    stream.once('close', () => this.left(stream));
    this.listeners.set(stream, request);
    stream.tell('hello', 'retry: 2000\n\n');
    stream.tell('now', eventText('now', snapshot));
    this.begin();
    void reply.send(stream);
  }

  private refuseTooMany(): void {
    const most = this.options.mostListeners ?? MOST_LISTENERS;
    if (this.isStopping) throw new ServerStops();
    if (this.listeners.size >= most) throw new TooManyListeners(most);
  }

  private begin(): void {
    if (this.rounds) return;
    this.rounds = new Rounds(
      () => this.look(),
      EVERY_MS,
      () => undefined,
    );
    this.rounds.start();
    this.checks = setInterval(() => void this.check(), CHECK_EVERY_MS).unref();
  }

  private left(stream: EventStream): void {
    this.listeners.delete(stream);
    if (this.listeners.size > 0) return;
    void this.rounds?.stop();
    clearInterval(this.checks);
    this.rounds = undefined;
  }

  private async look(): Promise<void> {
    const begun = this.clock.monotonic();
    if (begun < this.restUntil || this.listeners.size === 0) return;
    try {
      this.tell('now', eventText('now', await this.snapshots.now()));
    } catch (error) {
      const code = error instanceof DomainError ? error.code : 'INTERNAL';
      this.tell('now', eventText('problem', { at: this.clock.now(), code }));
    }
    const ended = this.clock.monotonic();
    this.restUntil = ended + REST_PER_WORK * (ended - begun);
  }

  /** Of the next moment: the rotation is not to wait for us, nor to hear our faults. */
  private tellChange({ provider }: StandingChange): void {
    if (this.listeners.size === 0) return;
    setImmediate(() => this.tell(`provider ${provider}`, eventText('provider', this.desk.atOnce(provider))));
  }

  private tell(topic: string, text: string): void {
    for (const stream of this.listeners.keys()) stream.tell(topic, text);
  }

  private async check(): Promise<void> {
    const isBeat = this.clock.monotonic() - this.lastBeat >= BEAT_EVERY_MS;
    if (isBeat) this.lastBeat = this.clock.monotonic();
    for (const [stream, request] of this.listeners) {
      if (stream.stuckMs > STUCK_MS) stream.destroy();
      else if (isBeat) stream.beat();
      // Whoever cannot be asked about is asked about again: without a database there is nothing to tell him.
      if (!(await this.admission.isStillIn(request, 'admin').catch(() => true))) stream.end();
    }
  }
}
