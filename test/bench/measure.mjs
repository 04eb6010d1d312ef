// One measurement: what the load saw, and what the server, and PostgreSQL's processes for it, used meanwhile.
import { serverCpu } from './databases.mjs';

const WARM_SECONDS = 0.3;

/** @returns per request: latencies in ms, CPU in ms; memory in MB */
async function measured(bench, contender, method, job) {
  const { load } = bench;
  const { program, shape, database } = contender;
  const pgBefore = database && (await serverCpu(database));
  const before = await program.ask('probe');
  const result = await load.ask(method, { origin: program.url, shape, ...job });
  const after = await program.ask('probe');
  const pgAfter = database && (await serverCpu(database));
  const unexpected = Object.entries(result.unexpected);
  if (unexpected.length > 0) bench.complain(`${contender.name}, ${method}: ${JSON.stringify(result.unexpected)}`);
  const pgMs = pgAfter && [...pgAfter].reduce((sum, [pid, ms]) => sum + ms - (pgBefore.get(pid) ?? 0), 0);
  return {
    ...result,
    cpuMs: (after.cpuMs - before.cpuMs) / result.count,
    pgMs: pgMs === undefined ? undefined : pgMs / result.count,
    statements: database && (after.statements - before.statements) / result.count,
    rssMb: after.rssMb,
    peakMb: after.peakMb,
  };
}

/** Starts; @throws when the fake did not take exactly one text for each that was answered well. */
export async function measureStart(bench, contender, job) {
  const { fake, load } = bench;
  await load.ask('start', { origin: contender.program.url, shape: contender.shape, ...job, seconds: WARM_SECONDS });
  const before = await fake.ask('accepted');
  const result = await measured(bench, contender, 'start', job);
  const texts = (await fake.ask('accepted')) - before;
  if (texts !== result.taken) throw new Error(`${contender.name}: ${result.taken} starts, but ${texts} texts`);
  return result;
}

/** Checks of what the last starts opened: wrong codes, then right ones. */
export async function measureChecks(bench, contender, job, kinds = ['wrong', 'right']) {
  const ids = await bench.load.ask('codes', { fake: bench.fake.url, keep: contender.keep });
  await contender.tidy?.(ids);
  const results = {};
  for (const kind of kinds) results[kind] = await measured(bench, contender, kind, job);
  const { approved, count } = results.right;
  if (approved !== count) bench.complain(`${contender.name}: ${count - approved} of ${count} right codes were refused`);
  return results;
}

export function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const FIELDS = ['perSecond', 'p50', 'p99', 'cpuMs', 'pgMs', 'statements', 'rssMb', 'peakMb'];

/** Of several rounds, the median of every number by itself. */
export const medians = (rounds) =>
  Object.fromEntries(FIELDS.map((field) => [field, median(rounds.map((round) => round[field]))]));
