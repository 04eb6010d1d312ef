// Every suite on the embedded database; then those that touch a database again on PostgreSQL, when TEST_DATABASE_URL
// names one, and those of the limits on Redis, too, when TEST_REDIS_URL does. In CI they must. Arguments go to jest:
// `npm test -- src/kernel`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'sixdigit-test-'));
const total = { passed: 0, failed: 0, skipped: 0, onceMore: 0 };
const MOST_AGAIN = 3;
const { TEST_DATABASE_URL: server, CI: ci, ...env } = process.env;

/** Runs jest; undefined when it did not get as far as a report. */
function jest(args, extraEnv) {
  const report = join(folder, 'report.json');
  rmSync(report, { force: true });
  spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${report}`, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...env, ...extraEnv },
  });
  return existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
}

const failedIn = (report) => report.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name);

/** A few that fail are run once more, alone: what only fails while something else uses the cores is a note, not a fault. */
function run(title, suites, extraEnv) {
  console.error(`\n== ${title}`);
  const first = jest(['--maxWorkers=2', '--forceExit', ...suites], extraEnv);
  if (!first) return void total.failed++;
  count(first);
  const files = failedIn(first);
  if (files.length === 0 || files.length > MOST_AGAIN) return;
  console.error(`\n== once more, alone: ${files.map((file) => relative(process.cwd(), file)).join(', ')}`);
  const again = jest(['--maxWorkers=1', '--forceExit', '--runTestsByPath', ...files], extraEnv);
  if (!again || failedIn(again).length > 0) return;
  total.passed += first.numFailedTests;
  total.failed -= first.numFailedTests + first.numRuntimeErrorTestSuites;
  total.onceMore += files.length;
}

function count({ numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites }) {
  total.passed += numPassedTests;
  total.failed += numFailedTests + numRuntimeErrorTestSuites;
  total.skipped += numPendingTests;
}

const given = process.argv.slice(2);
const keepCi = ci === undefined ? {} : { CI: ci };
// What needs the server anyway runs there, and is not counted as skipped here.
const notHere = server && !given.length ? ['--testPathIgnorePatterns=-postgres\\.spec'] : [];
run('on the embedded database', [...given, ...notHere], keepCi);
if (server)
  run('on PostgreSQL', given.length ? given : ['test/medium', 'test/e2e'], { ...keepCi, TEST_DATABASE_URL: server });
else if (ci) {
  console.error(
    '\nTEST_DATABASE_URL is unset: in CI the suites must run on PostgreSQL, too. Set it to a server on which databases can be created.',
  );
  total.failed++;
} else console.error('\nTEST_DATABASE_URL is unset: nothing was run on PostgreSQL.');

if (!env.TEST_REDIS_URL) {
  console.error(
    ci
      ? '\nTEST_REDIS_URL is unset: in CI the limits must be tested on Redis, too.'
      : '\nTEST_REDIS_URL is unset: the limits were not tested on Redis.',
  );
  if (ci) total.failed++;
}

rmSync(folder, { recursive: true });
const more = [
  ...(total.skipped ? [`${total.skipped} skipped`] : []),
  ...(total.onceMore ? [`${total.onceMore} file(s) only when run once more`] : []),
];
console.log(`\n${[`${total.passed} passed, ${total.failed} failed`, ...more].join(', ')}`);
process.exit(total.failed === 0 ? 0 : 1);
