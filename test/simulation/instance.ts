import { ConsoleLogger, Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';

import { FraudModule } from '../../src/fraud/index.js';
import { Answers, IdempotencyModule } from '../../src/idempotency/index.js';
import { Clock, KeyRing } from '../../src/kernel/index.js';
import { LimitsModule } from '../../src/limits/index.js';
import { Database, PrismaService } from '../../src/prisma/index.js';
import { RedisModule } from '../../src/redis/index.js';
import {
  DeliveryReports,
  isPingable,
  OutboxModule,
  OutboxWorker,
  PriceList,
  Rotation,
  SmsModule,
} from '../../src/sms/index.js';
import {
  ProofSigner,
  VerificationModule,
  VerificationService,
  type StartRequest,
} from '../../src/verification/index.js';
import type { Running } from './cast.js';
import { startWithKey, type KeyedAnswer } from './keyed.js';
import { Process, type Reply } from './process.js';
import { SimulatedDatabase } from './simulated-database.js';
import { PRICES, type World } from './world.js';

const LEASE_MS = 13_000;
const POLL_MS = 1_000;
const PRICE_LIST = PriceList.parse(
  JSON.stringify(Object.fromEntries(Object.entries(PRICES).map(([name, micros]) => [name, { default: micros / 1e6 }]))),
);

interface Program {
  readonly answers: Answers;
  readonly verifications: VerificationService;
  readonly reports: DeliveryReports;
  readonly outbox: OutboxWorker;
  readonly rotation: Rotation;
}

/** One instance of the program: the real one, without its web server and timers; it can crash and start again. */
export class Instance implements Running {
  process!: Process;
  private program!: Program;
  private lastLook = 0;
  private nextLook = Infinity;
  private isLooking = false;
  private isWatching = false;
  private mustLook = false;

  private constructor(
    private readonly world: World,
    readonly name: string,
  ) {}

  static async start(world: World, name: string): Promise<Instance> {
    const instance = new Instance(world, name);
    await instance.boot();
    return instance;
  }

  private async boot(): Promise<void> {
    const { world, name } = this;
    const { random } = world;
    const skew = { wall: random.between(-300_000, 300_000), monotonic: random.between(0, 1_000_000) };
    this.process = new Process(name, world.scheduler, skew, (error) =>
      world.violated('a bug', error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
    this.program = await world.apart(() => build(world, this.process));
    [this.nextLook, this.isLooking, this.isWatching] = [Infinity, false, false];
    this.plan(world.executed.size > 0); // in an empty database there is nothing to be known
  }

  verify<T>(work: (verifications: VerificationService) => Promise<T>): Promise<Reply<T>> {
    return this.process.ask(() => work(this.program.verifications).finally(() => this.watch()));
  }

  startWithKey(key: string, request: StartRequest): Promise<Reply<KeyedAnswer>> {
    const { answers, verifications } = this.program;
    return this.process.ask(() => startWithKey(answers, verifications, key, request).finally(() => this.watch()));
  }

  report(...[provider, report]: Parameters<DeliveryReports['record']>): Promise<Reply<boolean>> {
    return this.process.ask(() => this.program.reports.record(provider, report));
  }

  crash(): void {
    const { world, process } = this;
    if (!process.isAlive) return;
    world.note(this.name, 'crashes');
    process.kill();
    world.scheduler.after(world.random.scale(200, 300_000), () => this.restart());
  }

  async restart(): Promise<void> {
    if (this.process.isAlive) return;
    this.world.note(this.name, 'starts');
    await this.boot();
  }

  /** The worker looks every second; simulated, it skips those looks that would find nothing. */
  plan(must = false): void {
    const { scheduler, shadow } = this.world;
    this.mustLook ||= must;
    if (this.isLooking || !this.process.isAlive) return;
    const at = Math.max(this.lastLook + POLL_MS, scheduler.now, this.mustLook ? 0 : shadow.due);
    if (at >= this.nextLook || at === Infinity) return;
    this.nextLook = at;
    this.process.after(at - scheduler.now, () => {
      if (this.nextLook !== at) return;
      this.nextLook = Infinity;
      if (this.mustLook || shadow.due <= scheduler.now) void this.look();
      else this.plan();
    });
  }

  private async look(): Promise<void> {
    const { process } = this;
    [this.isLooking, this.mustLook, this.lastLook] = [true, false, this.world.scheduler.now];
    const reply = await process.ask(() => this.program.outbox.run());
    if (process !== this.process) return;
    this.isLooking = false;
    this.plan(reply.kind === 'refusal');
    this.watch();
  }

  /** Pings what is out of the rotation, as the health room does. */
  private watch(): void {
    if (this.isWatching || !this.program.rotation.suspended().some(isPingable)) return;
    this.isWatching = true;
    this.process.after(3_000, () => this.ping());
  }

  private ping(): void {
    const { rotation } = this.program;
    this.isWatching = false;
    for (const provider of rotation.suspended().filter(isPingable)) {
      provider.ping(this.process.clock.deadline(2_000).signal).then(
        () => rotation.pinged(provider.name, true),
        () => rotation.pinged(provider.name, false),
      );
    }
    this.watch();
  }
}

async function build(world: World, process: Process): Promise<Program> {
  const database = new SimulatedDatabase(world, process);
  @Global()
  @Module({
    providers: [
      { provide: Clock, useValue: process.clock },
      { provide: KeyRing, useValue: world.keys },
      { provide: Database, useValue: database },
      { provide: PrismaService, useValue: database.prisma() },
    ],
    exports: [Clock, KeyRing, Database, PrismaService],
  })
  class Surroundings {}

  const module = await Test.createTestingModule({
    imports: [
      Surroundings,
      RedisModule.forRoot({}),
      LimitsModule.forRoot({ perWindow: 5, windowSecs: 3_600, perDay: world.plan.perDay }),
      FraudModule.forRoot({}),
      SmsModule.forRoot({
        providers: world.carriers.map((carrier) => carrier.adapterFor(process)),
        clock: process.clock,
        random: () => world.random.next(),
        budget: {
          prices: PRICE_LIST,
          keptPercent: 0,
          get capMicros() {
            return world.capMicros;
          },
        },
      }),
      OutboxModule.forRoot({ leaseMs: LEASE_MS }),
      IdempotencyModule.forRoot({ leaseMs: LEASE_MS }),
      VerificationModule.forRoot({
        defaultRegion: 'US',
        codeLength: 6,
        ttlSecs: 600,
        maxChecks: 5,
        leaseMs: LEASE_MS,
        text: { brandName: 'Sixdigit' },
        revealCodes: false,
        issuer: 'https://example.com',
      }),
    ],
  })
    .setLogger(new ConsoleLogger({ logLevels: [] }))
    .overrideProvider(ProofSigner) // signs on another thread, whose time nobody here can order
    .useValue({ sign: () => Promise.resolve('a proof') })
    .compile();
  return {
    answers: module.get(Answers),
    verifications: module.get(VerificationService),
    reports: module.get(DeliveryReports),
    outbox: module.get(OutboxWorker),
    rotation: module.get(Rotation),
  };
}
