// The same with few and with many rows in the tables. Every hundredth start is for a phone that has used its limits up.
import { contenders } from '../contenders.mjs';
import { fillBetterAuth, fillSixdigit, HOT_PHONE } from '../fill.mjs';
import { measureChecks, measureStart, medians } from '../measure.mjs';

const FEW = 1_000;
const CONNECTIONS = 32;
const short = (rows) => (rows >= 1e6 ? `${rows / 1e6} M` : `${rows / 1e3} k`);

export async function growth(bench) {
  const { rounds, seconds, rows: many } = bench.options;
  const all = [];
  await bench.rest();
  for (const rows of [FEW, many]) {
    const sixdigit = await contenders.sixdigit(bench.fake);
    await fillSixdigit(sixdigit.database, rows);
    all.push({ contender: sixdigit, rows, hot: HOT_PHONE });
    const betterAuth = await contenders.betterAuth(bench.fake);
    await fillBetterAuth(betterAuth.database, rows);
    all.push({ contender: betterAuth, rows });
    bench.say(`${short(rows)} rows are there`);
  }
  const seen = new Map();
  for (let round = 0; round <= rounds; round++) {
    for (const { contender, rows, hot } of all) {
      const job = { connections: CONNECTIONS, seconds: round === 0 ? Math.min(seconds, 1) / 2 : seconds };
      const start = await measureStart(bench, contender, { ...job, hot });
      const { right } = await measureChecks(bench, contender, job, ['right']);
      if (round === 0) continue;
      for (const [what, result] of Object.entries({ start, 'check, right code': right })) {
        const key = JSON.stringify([`${what}, ${short(rows)} rows`, contender.name]);
        seen.set(key, [...(seen.get(key) ?? []), result]);
      }
    }
    bench.say(`${short(FEW)} and ${short(many)} rows: round ${round} of ${rounds}`);
  }
  await Promise.all(all.map(({ contender }) => contender.program.stop()));
  return [...seen].map(([key, results]) => {
    const [what, who] = JSON.parse(key);
    return { what, who, load: `${CONNECTIONS} connections`, ...medians(results) };
  });
}
