// All that CI checks. Every step runs even when one before it failed, so that one run tells everything.
import { spawnSync } from 'node:child_process';

const STEPS = [
  ['lint and format', 'npm', ['run', '--silent', 'lint']],
  ['types', 'npm', ['run', '--silent', 'typecheck']],
  ['dependency arrows', 'npm', ['run', '--silent', 'arrows']],
  ['schema against migrations', 'npm', ['run', '--silent', 'migrate', '--', 'check']],
  ['openapi.json against the code', 'npm', ['run', '--silent', 'openapi', '--', 'check']],
  ['tests', 'npm', ['test', '--silent']],
];

const failed = [];
for (const [name, command, args] of STEPS) {
  const started = performance.now();
  console.error(`\n=== ${name}`);
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  console.error(
    `=== ${name}: ${status === 0 ? 'good' : 'FAILED'} (${((performance.now() - started) / 1_000).toFixed(1)} s)`,
  );
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) console.error(`\nFailed: ${failed.join(', ')}.`);
process.exit(failed.length === 0 ? 0 : 1);
