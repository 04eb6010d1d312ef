// npm run bench: one table of what Sixdigit costs, beside a floor written by hand and better-auth's phone-number plugin, in
// one interleaved run against one fake provider. Needs a PostgreSQL server on which databases can be created
// (TEST_DATABASE_URL, else postgresql://postgres@127.0.0.1:5432/postgres). What only the bench needs (better-auth) has a
// lockfile of its own in this folder, and is installed by `npm ci` here when it is first run. Options: options.mjs.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';

const here = import.meta.dirname;
const { readOptions } = await import('./options.mjs');
const options = readOptions(process.argv.slice(2));
/** Scenarios in which better-auth is measured, too. */
const COMPARED = ['start', 'latency', 'growth', 'boot'];
if (options.only.some((name) => COMPARED.includes(name)) && !existsSync(`${here}/node_modules/better-auth`)) {
  const args = ['ci', '--omit=peer', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', args, { cwd: here, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exit(1);
}

const { contenders } = await import('./contenders.mjs');
const { dropAll, serverVersion } = await import('./databases.mjs');
const { launch, programOf, stopAll } = await import('./program.mjs');
const { tableOf, verdictsOf, write } = await import('./report.mjs');
const { judge } = await import('./aims.mjs');
const { throughput } = await import('./scenarios/throughput.mjs');
const { latency } = await import('./scenarios/latency.mjs');
const { growth } = await import('./scenarios/growth.mjs');
const { adapters } = await import('./scenarios/adapters.mjs');
const { failover } = await import('./scenarios/failover.mjs');
const { drain } = await import('./scenarios/drain.mjs');
const { reports } = await import('./scenarios/reports.mjs');
const { boot } = await import('./scenarios/boot.mjs');
const { batch } = await import('./scenarios/batch.mjs');
const SCENARIOS = { start: throughput, latency, growth, adapters, failover, drain, reports, batch, boot };

async function cleanUp() {
  await stopAll();
  await dropAll();
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
}

async function run(options) {
  const begun = performance.now();
  const complaints = [];
  const running = new Map();
  const bench = {
    options,
    fake: await launch(programOf('fake-provider.mjs')),
    load: await launch(programOf('load.mjs')),
    /** One process of each kind serves all scenarios that do not ask for their own. */
    contender: async (name) => {
      if (!running.has(name)) running.set(name, await contenders[name](bench.fake));
      return running.get(name);
    },
    /** Ends those: a server takes only so many connections. */
    rest: async () => {
      await Promise.all([...running.values()].map(({ program }) => program.stop()));
      running.clear();
    },
    say: (line) => console.error(`${((performance.now() - begun) / 1_000).toFixed(0).padStart(4)} s  ${line}`),
    complain: (line) => complaints.push(line),
  };
  const machine = `${cpus().length} x ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}, PostgreSQL ${await serverVersion()}`;
  const busy = `load ${loadavg()[0].toFixed(1)} before`;
  const rows = [];
  for (const name of options.only) rows.push(...(await SCENARIOS[name](bench)));
  const { rounds, seconds, rows: many } = options;
  const took = `${((performance.now() - begun) / 60_000).toFixed(1)} min`;
  const head = `${new Date().toISOString().slice(0, 10)}, ${machine}; ${busy}; medians of ${rounds} rounds of ${seconds} s, ${many} rows; took ${took}.`;
  const wrong =
    complaints.length > 0 ? `\n\nNot as it should be:\n\n${complaints.map((line) => `- ${line}`).join('\n')}` : '';
  return `${head}\n\n${tableOf(rows)}\n\n${verdictsOf(judge(rows))}${wrong}`;
}

try {
  const text = await run(options);
  console.log(text);
  if (options.write) write(options.write, text);
} finally {
  await cleanUp();
}
