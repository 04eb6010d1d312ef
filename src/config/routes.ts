import { readFileSync } from 'node:fs';

import { parseRoutes, type RouteRule } from '../routing/index.js';
import type { ConfigFault } from './config-refusal.js';

/** The rules of a file, or everything that is wrong with it. @param names of providers that a rule may name */
export function readRoutes(
  file: string | undefined,
  names: readonly string[],
): { readonly rules: readonly RouteRule[]; readonly faults: readonly ConfigFault[] } {
  if (file === undefined) return { rules: [], faults: [] };
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const problem = `${file} cannot be read (${(error as { code?: string }).code ?? 'unknown'}).`;
    return {
      rules: [],
      faults: [{ name: 'ROUTES_FILE', problem, mend: 'Name a file that this user may read, or unset it.' }],
    };
  }
  const { rules, faults } = parseRoutes(text, { names });
  return {
    rules,
    faults: faults.map(({ problem, mend }) => ({ name: 'ROUTES_FILE', problem: `${file}, ${problem}`, mend })),
  };
}
