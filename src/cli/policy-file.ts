import { readFileSync } from 'node:fs';

import { DEFAULT_POLICY, type BudgetPolicy } from '../fraud/index.js';
import { UsageError } from './usage-error.js';

const HINT = 'Write JSON with what differs from the policy of the program, as docs/fraud.md shows it.';

interface Numbers {
  readonly [name: string]: number | Numbers;
}
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the file says, on top of the policy that the program has. @throws {UsageError} that names the file and its fault */
export function policyOf(file: string | undefined): BudgetPolicy {
  if (file === undefined) return DEFAULT_POLICY;
  const fault = (problem: string) => new UsageError(`${file}: ${problem}`, HINT);
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw fault('this is not JSON.');
    throw fault(`it cannot be read (${(error as { code?: string }).code ?? 'unknown'}).`);
  }

  const over = (known: Numbers, told: unknown, path: string): Numbers => {
    if (!isObject(told)) throw fault(`${path || 'the whole'} must be an object.`);
    const merged: Record<string, number | Numbers> = { ...known };
    for (const [name, value] of Object.entries(told)) {
      const at = path ? `${path}.${name}` : name;
      const before = Object.hasOwn(known, name) ? known[name] : undefined;
      if (before === undefined) throw fault(`"${at}" is not known; there is ${Object.keys(known).join(', ')}.`);
      if (typeof before === 'object') merged[name] = over(before, value, at);
      else if (typeof value === 'number' && Number.isFinite(value) && value > 0) merged[name] = value;
      else throw fault(`${at} must be a number above 0.`);
    }
    return merged;
  };
  return over(DEFAULT_POLICY as unknown as Numbers, given, '') as unknown as BudgetPolicy;
}
