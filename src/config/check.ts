import { validateSync, type ValidationError } from 'class-validator';

import { readVariables, variablesOf, type Source, type Variable } from '../kernel/index.js';
import type { ConfigFault } from './config-refusal.js';

export interface Checked<E extends object> {
  /** Only what its class says if there are no faults. */
  readonly env: E;
  readonly faults: readonly ConfigFault[];
}

/** Reads one environment class and names all that its rules do not allow. */
export function check<E extends object>(environment: new () => E, source: Source): Checked<E> {
  const env = readVariables(environment, source);
  const variables = new Map(variablesOf(environment).map((variable) => [variable.name, variable]));
  const errors = validateSync(env, { forbidUnknownValues: false });
  return { env, faults: errors.flatMap((error) => faultsOf(error, variables.get(error.property))) };
}

function faultsOf(error: ValidationError, variable: Variable | undefined): ConfigFault[] {
  const name = error.property;
  const mends = Object.values((error.contexts ?? {}) as Record<string, { mend?: string }>).map(({ mend }) => mend);
  const mend = mends.find(Boolean) ?? (variable ? `Write it like ${name}=${variable.example}` : 'Correct it.');
  // Several rules of one variable may say the same sentence.
  const messages = [...new Set(Object.values(error.constraints ?? {}))];
  return messages.map((message) => ({ name, problem: withoutName(message, name), mend }));
}

function withoutName(message: string, name: string): string {
  return message.startsWith(`${name} `) ? message.slice(name.length + 1) : message;
}
