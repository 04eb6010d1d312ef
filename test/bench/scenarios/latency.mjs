// Start while the provider takes 100 ms: nobody may wait for a socket, nor hold a database connection while it sends.
import { measureStart, medians } from '../measure.mjs';

const LATENCY_MS = 100;
const IN_FLIGHT = [128, 256];

export async function latency(bench) {
  const { rounds, seconds } = bench.options;
  const all = [];
  for (const name of ['sixdigit', 'floor', 'betterAuth']) all.push(await bench.contender(name));
  const seen = new Map();
  await bench.fake.ask('behave', { latencyMs: LATENCY_MS });
  for (let round = 1; round <= rounds; round++) {
    for (const connections of IN_FLIGHT) {
      for (const contender of all) {
        const key = JSON.stringify([contender.name, connections]);
        seen.set(key, [...(seen.get(key) ?? []), await measureStart(bench, contender, { connections, seconds })]);
      }
    }
    bench.say(`provider at ${LATENCY_MS} ms: round ${round} of ${rounds}`);
  }
  await bench.fake.ask('behave', { latencyMs: 0 });
  return [...seen].map(([key, results]) => {
    const [who, connections] = JSON.parse(key);
    return { what: `start, provider at ${LATENCY_MS} ms`, who, load: `${connections} in flight`, ...medians(results) };
  });
}
