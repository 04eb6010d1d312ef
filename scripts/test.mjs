// Without a server, every suite on the embedded database. With one, which TEST_DATABASE_URL names, what touches a database runs
// there, and on the embedded one only where that is another thing (EMBEDDED_TOO); TEST_EVERYTHING=1 runs all on both. The limits
// run on Redis, too, when TEST_REDIS_URL names one. In CI both must be there. Arguments go to jest: `npm test -- src/kernel`.
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

/** Suites that ask a database, and which of them are about one that lives in our own process: its one connection, folder and end. */
const WITH_DATABASE = ['medium', 'e2e', 'ops', 'browser'];
const EMBEDDED_TOO = [
  ...['verification', 'outbox', 'send-limits', 'budgets-agree', 'sms-module', 'process', 'failpoints'],
  ...['idempotency-crash', 'batch-crash', 'health', 'cli-send', 'keys'],
];

const given = process.argv.slice(2);
const keepCi = ci === undefined ? {} : { CI: ci };
const onServerOnly = `/test/(${WITH_DATABASE.join('|')})/(?!(${EMBEDDED_TOO.join('|')})\\.spec)`;
// What needs the server anyway runs there, and is not counted as skipped here.
const elsewhere = env.TEST_EVERYTHING ? '-postgres\\.spec' : onServerOnly;
run('on the embedded database', server && !given.length ? [`--testPathIgnorePatterns=${elsewhere}`] : given, keepCi);
if (server)
  run('on PostgreSQL', given.length ? given : WITH_DATABASE.map((folder) => `test/${folder}/`), {
    ...keepCi,
    TEST_DATABASE_URL: server,
  });
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
