// From `node dist/main.js` until it says that it is ready: for the first time, with an empty database, and again.
import { environment, MAIN } from '../contenders.mjs';
import { createDatabase } from '../databases.mjs';
import { median } from '../measure.mjs';
import { launch, tempFolder } from '../program.mjs';

export async function boot(bench) {
  const kinds = {
    'embedded database': () => ({ DATA_DIR: tempFolder() }),
    PostgreSQL: async () => ({ DATABASE_URL: await createDatabase() }),
  };
  const rows = [];
  for (const [kind, place] of Object.entries(kinds)) {
    const times = { first: [], again: [] };
    for (let n = 0; n < bench.options.rounds; n++) {
      const env = { ...environment(bench.fake), ...(await place()) };
      for (const which of ['first', 'again']) {
        const program = await launch(MAIN, { env });
        times[which].push(program.readyMs);
        await program.stop();
      }
    }
    rows.push({ what: 'boot, empty database', who: `Sixdigit, ${kind}`, load: '-', p50: median(times.first) });
    rows.push({ what: 'boot', who: `Sixdigit, ${kind}`, load: '-', p50: median(times.again) });
  }
  bench.say('boot');
  return rows;
}
