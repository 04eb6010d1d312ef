// Start and check, everybody side by side: in every round each contender has its turn, so that what else the machine does
// meets all of them.
import { measureChecks, measureStart, medians } from '../measure.mjs';

const CONNECTIONS = [32, 128];
/** Of a round's seconds; there are two kinds of checks. */
const CHECKS_SHARE = 2 / 3;
const WHAT = { start: 'start', wrong: 'check, wrong code', right: 'check, right code' };

export async function throughput(bench) {
  const { rounds, seconds } = bench.options;
  const all = [];
  for (const name of ['sixdigit', 'embedded', 'floor', 'betterAuth']) all.push(await bench.contender(name));
  const seen = new Map();
  const note = (what, contender, connections, result) => {
    const key = JSON.stringify([what, contender.name, connections]);
    seen.set(key, [...(seen.get(key) ?? []), result]);
  };
  // One round more, which counts for nothing: code that is not compiled yet, connections that are not open yet.
  for (let round = 0; round <= rounds; round++) {
    for (const connections of CONNECTIONS) {
      for (const contender of all) {
        const job = { connections, seconds: round === 0 ? Math.min(seconds, 1) / 2 : seconds };
        const start = await measureStart(bench, contender, job);
        const checks = await measureChecks(bench, contender, { connections, seconds: job.seconds * CHECKS_SHARE });
        if (round === 0) continue;
        for (const [what, result] of Object.entries({ start, ...checks }))
          note(WHAT[what], contender, connections, result);
      }
    }
    bench.say(`start and check: round ${round} of ${rounds}`);
  }
  return [...seen].map(([key, results]) => {
    const [what, who, connections] = JSON.parse(key);
    return { what, who, load: `${connections} connections`, ...medians(results) };
  });
}
