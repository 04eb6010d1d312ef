import type { MigrationState } from '../../prisma/index.js';
import { fault, ok, warning, type Said } from '../finding.js';

const named = (names: readonly string[]) =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');

/** How a database stands to the program that is to run on it. */
export function migrationFindings({ pending, failed, changed, unknown }: MigrationState): Said[] {
  const name = 'migrations';
  const found = [
    ...(failed.length > 0
      ? [
          fault(
            name,
            `${named(failed)} was begun and never finished: the program does not start`,
            `See what of it is there, undo that by hand, then: npm run cli -- migrate resolve ${failed[0]}`,
          ),
        ]
      : []),
    ...(changed.length > 0
      ? [
          fault(
            name,
            `${named(changed)} was applied with another text than this program has: drift`,
            'Install the release as it was published; an applied migration is never edited.',
          ),
        ]
      : []),
    ...(unknown.length > 0
      ? [
          fault(
            name,
            `the database knows ${unknown.length} that this program does not: it is of a newer one (${named(unknown)})`,
            'Run that newer release, or restore a backup from before it.',
          ),
        ]
      : []),
    ...(pending.length > 0
      ? [
          warning(
            name,
            `${pending.length} pending: the next start applies them`,
            'Or now: npm run cli -- migrate deploy',
          ),
        ]
      : []),
  ];
  return found.length > 0 ? found : [ok(name, 'up to date')];
}
