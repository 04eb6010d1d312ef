import Sequencer from '@jest/test-sequencer';

/**
 * Suites of a minute and more, the longest first: what begins last would be waited for alone. Jest knows how long each took only
 * where it has run before; without that it goes by the size of the file, of which these have little.
 */
const LONGEST = [
  'test/docs/commands-1.spec.ts',
  'test/ops/image.spec.ts',
  'test/e2e/instances-postgres.spec.ts',
  'test/e2e/webhooks.spec.ts',
  'test/browser/pages.spec.ts',
  'test/e2e/cli-doctor.spec.ts',
  'test/e2e/cli-audit.spec.ts',
  'test/e2e/batch-crash.spec.ts',
  'test/e2e/failpoints.spec.ts',
  'test/e2e/privacy.spec.ts',
  'test/simulation/simulation.spec.ts',
  'test/e2e/process.spec.ts',
  'test/docs/commands-2.spec.ts',
  'test/docs/commands-3.spec.ts',
  'test/docs/commands-4.spec.ts',
];

const placeOf = (path) => {
  const place = LONGEST.findIndex((end) => path.replaceAll('\\', '/').endsWith(`/${end}`));
  return place < 0 ? LONGEST.length : place;
};

/** Those first, all others as jest would have them. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((a, b) => placeOf(a.path) - placeOf(b.path));
  }
}
