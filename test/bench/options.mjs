// node test/bench/main.mjs [--only start,adapters] [--rounds 3] [--seconds 3] [--rows 1000000] [--quick] [--write FILE]
import { parseArgs } from 'node:util';

export const SCENARIOS = ['start', 'latency', 'growth', 'adapters', 'failover', 'drain', 'reports', 'batch', 'boot'];
const FULL = { rounds: 3, seconds: 3, rows: 1_000_000, backlog: 10_000, batchRows: 100_000 };
const QUICK = { rounds: 1, seconds: 1, rows: 20_000, backlog: 1_000, batchRows: 10_000 };

export function readOptions(args) {
  const text = { type: 'string' };
  const { values } = parseArgs({
    args,
    options: {
      only: text,
      rounds: text,
      seconds: text,
      rows: text,
      backlog: text,
      batchRows: text,
      write: text,
      quick: { type: 'boolean' },
    },
  });
  // `--only check` is `start`: checks are of what starts have opened.
  const only = values.only?.split(',').map((name) => (name === 'check' ? 'start' : name));
  const unknown = only?.find((name) => !SCENARIOS.includes(name));
  if (unknown) throw new Error(`--only knows ${SCENARIOS.join(', ')}; not ${unknown}`);
  const numbers = Object.entries(values).filter(([name]) => name in FULL);
  return {
    ...(values.quick ? QUICK : FULL),
    ...Object.fromEntries(numbers.map(([name, value]) => [name, Number(value)])),
    only: only ?? SCENARIOS,
    write: values.write,
  };
}
