import crypto from 'node:crypto';

import { Prepared, PrismaService, pgliteAdapter } from '../../src/prisma/index.js';
import { openFromTemplate } from '../setup/pglite-template.js';
import { Carrier } from './carrier.js';
import { Clients } from './clients.js';
import { Instance } from './instance.js';
import { Judge } from './judge.js';
import { tellChanges } from './shadow.js';
import { CANARY, PLENTY, World, type Store } from './world.js';

export interface Execution {
  readonly seed: number;
  readonly violation: string | undefined;
  readonly trace: readonly string[];
  readonly statements: number;
}

const CARRIERS = [
  { name: 'alpha', pingable: true, names: 'attempt' },
  { name: 'beta', pingable: true, names: 'phone' },
  { name: 'gamma', pingable: false, names: 'message' },
] as const;
const LONGEST_MS = 7 * 24 * 3_600_000;
const QUIET_WITHIN_MS = 4 * 3_600_000;

export async function openStore(): Promise<Store> {
  const db = await openFromTemplate();
  await tellChanges(db);
  const apart = async <T>(work: () => Promise<T>): Promise<T> => {
    await db.exec('SAVEPOINT apart');
    try {
      return await work();
    } catch (error) {
      await db.exec('ROLLBACK TO apart');
      throw error;
    } finally {
      await db.exec('RELEASE apart');
    }
  };
  return { db, prepared: new Prepared(db), prisma: new PrismaService(pgliteAdapter(db)), apart };
}

/** One seed, one execution. */
export async function simulate(seed: number, store: Store): Promise<Execution> {
  await store.db.exec('BEGIN'); // of statements that are run one at a time: rolled back, nothing is left of this seed
  const world = new World(seed, store);
  const draws = [
    jest.spyOn(crypto, 'randomUUID').mockImplementation(() => world.drawn((random) => random.uuid())),
    jest.spyOn(Math, 'random').mockImplementation(() => world.drawn((random) => random.next())),
  ];
  try {
    world.note('plan', JSON.stringify(world.plan));
    await play(world);
  } finally {
    for (const draw of draws) draw.mockRestore();
    for (const { process } of world.instances) process.kill();
    await store.db.exec('ROLLBACK');
  }
  const statements = [...world.executed.values()].reduce((sum, count) => sum + count, 0);
  return { seed, violation: world.violation, trace: world.trace, statements };
}

async function play(world: World): Promise<void> {
  const { scheduler, random, plan } = world;
  const judge = new Judge(world);
  world.judge = judge;
  const carriers = CARRIERS.slice(0, plan.carriers).map(({ name, ...traits }) => new Carrier(world, name, traits));
  world.carriers = random.shuffled(carriers);
  const started: Instance[] = [];
  for (let index = 0; index < plan.instances; index++) started.push(await Instance.start(world, 'ABC'[index]!));
  world.instances = started;

  const clients = new Clients(world);
  await until(world, clients.visits(), LONGEST_MS, 'the visits');
  await heal(world);
  judge.recovered(scheduler.now);
  await untilQuiet(world);
  if (world.violation === undefined) judge.atTheEnd();
  if (random.chance(0.3)) await repeatReports(world);
  await until(world, canary(world, clients), QUIET_WITHIN_MS, 'the last visit');
}

async function until(world: World, work: Promise<void>, longestMs: number, what: string): Promise<void> {
  let isOver = false;
  void work.then(() => (isOver = true));
  const { scheduler } = world;
  await scheduler.run(scheduler.now + longestMs, () => isOver || world.violation !== undefined);
  if (!isOver && world.violation === undefined) world.violated('5', `${what} came to no end`);
}

/** Ends every fault; what is under way goes on. */
async function heal(world: World): Promise<void> {
  if (world.violation !== undefined) return;
  const { scheduler, instances } = world;
  world.isHealed = true;
  world.capMicros = PLENTY; // as an operator would, so that whoever waits for a text gets it
  world.databaseIsDownUntil = 0;
  for (const instance of instances) await instance.restart();
  const awake = Math.max(scheduler.now, ...instances.map(({ process }) => process.stalledUntil));
  await scheduler.run(awake, () => world.violation !== undefined);
  world.note('', 'every fault is over');
}

async function untilQuiet(world: World): Promise<void> {
  const { scheduler } = world;
  await scheduler.run(scheduler.now + QUIET_WITHIN_MS, () => scheduler.isQuiet || world.violation !== undefined);
  if (!scheduler.isQuiet && world.violation === undefined) world.violated('5', 'it never gets quiet');
}

/** All that was ever reported, once more and in another order, changes nothing. */
async function repeatReports(world: World): Promise<void> {
  if (world.violation !== undefined) return;
  const { carriers, random, shadow } = world;
  const state = () => {
    const of = (rows: ReadonlyMap<string, object>) => [...rows.values()].map((row) => ({ ...row, updated_at: null }));
    return JSON.stringify([of(shadow.messages), of(shadow.attempts)]);
  };
  world.note('', 'all reports again');
  const before = state();
  for (const carrier of carriers) {
    const told = carrier.ledger.flatMap((text) => text.told.map((report) => ({ text, report })));
    for (const { text, report } of random.shuffled(told)) carrier.tell(text, report);
  }
  await untilQuiet(world);
  if (state() !== before) world.violated('8', 'the same reports in another order changed something');
}

/** When all is over, a verification goes as if nothing had been. */
async function canary(world: World, clients: Clients): Promise<void> {
  const { scheduler } = world;
  const state = await clients.start(CANARY);
  if (!state) return world.violated('5', 'nothing can be started after recovery');
  await scheduler.sleep(30_000);
  const code = clients.codeOf(state.id);
  if (code === undefined) return world.violated('5', 'no text 30 s after recovery');
  if (!(await clients.check(state.id, code))) world.violated('1', 'the right code is not taken after recovery');
}
