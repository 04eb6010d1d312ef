import { Database, DatabaseUnavailable, Refused, type PrismaService, type Statement } from '../../src/prisma/index.js';
import { DATABASE_NOW, type Process } from './process.js';
import { readChange, type Change } from './shadow.js';
import type { World } from './world.js';

/**
 * A run that another took over meanwhile makes what is there, and a gate refuses; of a seed's one transaction that undoes this
 * statement alone.
 */
const REFUSABLE: ReadonlySet<string> = new Set([
  'start_verification',
  'start_guarded',
  'resend_verification',
  'count_guess',
]);
/** The verifications of which a statement did what it was to do, of however many. */
function verificationsDone(
  { name, order }: Statement & { order?: readonly unknown[] },
  values: readonly unknown[],
  rows: readonly object[],
) {
  if (name !== 'count_guess' && name !== 'approve') return [];
  const guesses = JSON.parse(String(values[order!.indexOf('guesses')])) as readonly { id: string }[];
  const done = rows as readonly { n: number; refusal?: unknown }[];
  return done.filter(({ refusal }) => !refusal).map(({ n }) => guesses[n]!.id);
}

/** One process's way to the database that all share; every statement takes its time, and may get lost on it. */
export class SimulatedDatabase extends Database {
  readonly outlivesUs = true;

  constructor(
    private readonly world: World,
    private readonly process: Process,
  ) {
    super();
  }

  query<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    const { world } = this;
    const { name, text } = statement;
    return this.roundTrip(name, async () => {
      const now = new Date(world.scheduler.now);
      const parameters = values.map((value) => (value === DATABASE_NOW ? now : value));
      // Told when the statement is through: a gate may take back what was written before it.
      const changes: Change[] = [];
      const onNotice = (notice?: string) => {
        const change = readChange(notice);
        if (change) changes.push(change);
      };
      const run = () => world.store.prepared.query<Row>(text, parameters, onNotice);
      const rows = REFUSABLE.has(name) ? await world.store.apart(run) : await run();
      for (const change of changes) world.changed(change);
      world.judge.executed(name, verificationsDone(statement, values, rows));
      return rows;
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Prisma's client, whose calls go the same way. */
  prisma(): PrismaService {
    const methodsOf = (model: string, delegate: object) =>
      new Proxy(delegate, {
        get: (_, method: string) => (query: unknown) =>
          this.roundTrip(`${model}.${method}`, async () => {
            const call = Reflect.get(delegate, method) as (query: unknown) => Promise<unknown>;
            return call(query);
          }),
      });
    return new Proxy(this.world.store.prisma, {
      get: (client, property) => {
        const value: unknown = Reflect.get(client, property);
        return typeof property === 'string' && typeof value === 'object' && value ? methodsOf(property, value) : value;
      },
    });
  }

  private roundTrip<T>(name: string, work: () => Promise<T>): Promise<T> {
    const { world, process } = this;
    const { random, scheduler } = world;
    return new Promise((resolve, reject) => {
      if (world.strikes('outage')) world.databaseIsDownUntil = scheduler.now + random.scale(1_000, 60_000);
      const lost = world.strikes('lost') && random.pick(['before', 'after']);
      const crash = world.strikes('crash') && random.pick(['before', 'after']);
      const stall = world.strikes('stall') ? random.scale(1_000, 40_000) : 0;
      const isWritten = random.chance(0.5);
      const refuse = (ms: number) => process.after(ms, () => reject(new DatabaseUnavailable(new Error('simulated'))));

      scheduler.after(world.latency(), async () => {
        if (crash === 'before') world.instances.find((instance) => instance.process === process)?.crash();
        if (!process.isAlive && !isWritten) return;
        if (lost === 'before' || scheduler.now < world.databaseIsDownUntil) {
          world.note(process.name, `${name}: no database`);
          return refuse(random.between(1, 3_000));
        }
        try {
          const answer = await world.apart(work);
          world.note(process.name, `${name}: done${lost ? ', answer lost' : ''}${process.isAlive ? '' : ', too late'}`);
          if (stall > 0) {
            world.note(process.name, `stalls for ${stall} ms`);
            process.stall(stall);
          }
          if (lost === 'after') refuse(random.between(1, 3_000));
          else process.after(world.latency(), () => resolve(answer));
        } catch (error) {
          const refusal = Refused.from(error);
          if (refusal) world.note(process.name, `${name}: ${refusal.message}`);
          const bug = refusal ?? (error instanceof Error ? error : new Error(String(error)));
          process.after(1, () => reject(bug));
        }
        if (crash === 'after') world.instances.find((instance) => instance.process === process)?.crash();
      });
    });
  }
}
