// Every suite on the embedded database; then those that touch a database again on PostgreSQL, when TEST_DATABASE_URL
// names one. In CI it must. Arguments go to jest: `npm test -- src/kernel`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'sixdigit-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };
const { TEST_DATABASE_URL: server, CI: ci, ...env } = process.env;

/** @returns {boolean} whether all went well */
function run(title, suites, extraEnv) {
  console.error(`\n== ${title}`);
  const report = join(folder, `${total.passed}.json`);
  const jest = ['node_modules/jest/bin/jest.js', '--maxWorkers=2', '--json', `--outputFile=${report}`, ...suites];
  const { status } = spawnSync(process.execPath, jest, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...env, ...extraEnv },
  });
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    total.passed += numPassedTests;
    total.failed += numFailedTests + numRuntimeErrorTestSuites;
    total.skipped += numPendingTests;
  } catch {
    total.failed++;
  }
  return status === 0;
}

const given = process.argv.slice(2);
const keepCi = ci === undefined ? {} : { CI: ci };
// What needs the server anyway runs there, and is not counted as skipped here.
const notHere = server && !given.length ? ['--testPathIgnorePatterns=-postgres\\.spec'] : [];
let good = run('on the embedded database', [...given, ...notHere], keepCi);
if (server)
  good =
    run('on PostgreSQL', given.length ? given : ['test/medium', 'test/e2e'], {
      ...keepCi,
      TEST_DATABASE_URL: server,
    }) && good;
else if (ci) {
  console.error(
    '\nTEST_DATABASE_URL is unset: in CI the suites must run on PostgreSQL, too. Set it to a server on which databases can be created.',
  );
  total.failed++;
  good = false;
} else console.error('\nTEST_DATABASE_URL is unset: nothing was run on PostgreSQL.');

rmSync(folder, { recursive: true });
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`);
process.exit(good && total.failed === 0 ? 0 : 1);
