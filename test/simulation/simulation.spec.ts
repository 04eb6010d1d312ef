import { openStore, simulate, type Execution } from './simulate.js';
import type { Store } from './world.js';

const { SIMULATION_SEED, SIMULATION_SEEDS, SIMULATION_FIRST = '1' } = process.env;
const SEEDS = 300;
/** On a machine that is too busy for all of them. */
const LEAST_SEEDS = 200;
const ENOUGH_MS = 45_000;
const LAST_STEPS = 60;

let store: Store;
beforeAll(async () => void (store = await openStore()), 120_000);
afterAll(() => store.db.close());

function hold({ seed, violation, trace }: Execution, steps = LAST_STEPS): void {
  if (violation === undefined) return;
  throw new Error(
    `seed ${seed} broke invariant ${violation}\nSIMULATION_SEED=${seed} npm test -- test/simulation\n\n${trace.slice(-steps).join('\n')}`,
  );
}
const say = (text: string) => process.stderr.write(`${text}\n`);

if (SIMULATION_SEED !== undefined) {
  it(`holds with seed ${SIMULATION_SEED}`, async () => {
    const execution = await simulate(Number(SIMULATION_SEED), store);
    say(execution.trace.join('\n'));
    hold(execution);
  });
} else {
  it('does the same with the same seed', async () => {
    const traces = [await simulate(4, store), await simulate(4, store)].map(({ trace }) => trace);
    expect(traces[0]).toEqual(traces[1]);
  });

  it('holds, whatever crashes, stalls, gets lost or comes twice', async () => {
    const [first, wanted] = [Number(SIMULATION_FIRST), Number(SIMULATION_SEEDS ?? SEEDS)];
    const least = SIMULATION_SEEDS === undefined ? LEAST_SEEDS : wanted;
    const began = performance.now();
    let [ran, statements] = [0, 0];
    for (; ran < wanted && (ran < least || performance.now() - began < ENOUGH_MS); ran++) {
      const execution = await simulate(first + ran, store);
      statements += execution.statements;
      hold(execution);
    }
    say(`${ran} seeds, ${statements} statements, ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  }, 600_000);
}
