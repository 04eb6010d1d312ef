import { variablesOf, type Source, type Variable } from '../kernel/index.js';
import type { ConfigFault } from './config-refusal.js';

type Environment = new () => object;

/** One warning for each variable whose names say different things. */
export function clashes(environment: Environment, source: Source): string[] {
  return variablesOf(environment).flatMap((variable) => {
    const [winner = '', ...others] = setNames(variable, source);
    const losers = others.filter((other) => source[other]?.trim() !== source[winner]?.trim());
    return losers.length ? [`${winner} and ${losers.join(', ')} are set to different values: ${winner} wins`] : [];
  });
}

/** The faults, each of which tells the name that the operator wrote if it was another than the fault's own. */
export function tellAliases(
  faults: readonly ConfigFault[],
  environments: readonly Environment[],
  source: Source,
): ConfigFault[] {
  const variables = environments.flatMap((environment) => variablesOf(environment));
  return faults.map((fault) => {
    const variable = variables.find(({ name }) => name === fault.name);
    const written = variable && setNames(variable, source)[0];
    const elsewhere = written !== undefined && written !== fault.name;
    return elsewhere ? { ...fault, problem: `${fault.problem} (It was read from ${written}.)` } : fault;
  });
}

/** The first is the one that is read. */
function setNames({ name, aliases = [] }: Variable, source: Source): string[] {
  return [name, ...aliases].filter((candidate) => source[candidate]?.trim());
}
