import { existsSync, readFileSync } from 'node:fs';

import type { Check } from '../check.js';
import { fault, ok, warning } from '../finding.js';

const LAST_OF_20 = '2026-04-30';

/** As `engines` in package.json has it. */
export const isNodeSupported = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
};

export function programCheck(version: string, node = process.versions.node): Check {
  return {
    group: 'program',
    name: 'node',
    run: () => [
      ok('sixdigit', version),
      !isNodeSupported(node)
        ? fault('node', `${node} is not supported`, 'Install Node 22.12 or newer, or 20.19: https://nodejs.org')
        : node.startsWith('20.')
          ? warning(
              'node',
              `${node} works, and gets no fixes since ${LAST_OF_20}`,
              'Install Node 22 or 24: https://nodejs.org',
            )
          : ok('node', node),
      ...(isTight() ? [warning('memory', isTight()!, 'Give the container at least 512 MiB.')] : []),
    ],
  };
}

const LEAST_BYTES = 384 * 1_048_576;

/** Where a container has less than what the program takes. */
function isTight(file = '/sys/fs/cgroup/memory.max'): string | undefined {
  if (!existsSync(file)) return undefined;
  const bytes = Number(readFileSync(file, 'utf8'));
  return bytes < LEAST_BYTES ? `this container may use ${Math.round(bytes / 1_048_576)} MiB` : undefined;
}
