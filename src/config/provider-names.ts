import { MOCKS } from '../sms/index.js';
import type { ConfigFault } from './config-refusal.js';

/** The provider that only pretends; wanted by name or by mode, never by credentials. */
export const [MOCK, MOCK_BACKUP] = MOCKS;
export const DISABLED = 'disabled';

/** Short names for lists. */
const LISTS: Readonly<Record<string, readonly string[]>> = { failover: ['twilio', 'aws-sns'] };

/** What SMS_PROVIDERS asks for, most preferred first, and what is wrong with that. */
export function providerNames(
  items: readonly string[],
  known: readonly string[],
): { names: string[]; faults: ConfigFault[] } {
  const names = items.map((item) => item.toLowerCase()).flatMap((item) => LISTS[item] ?? [item]);
  const real = known.filter((name) => name !== MOCK && name !== MOCK_BACKUP);
  const wanted = (name: string) => name !== MOCK_BACKUP && known.includes(name);
  const fault = (problem: string, mend: string): ConfigFault => ({ name: 'SMS_PROVIDERS', problem, mend });
  const faults: ConfigFault[] = [];

  const unknown = unique(names.filter((name) => name !== DISABLED && !wanted(name)));
  if (names.length === 0) faults.push(fault('names no provider.', `Name some of ${real.join(', ')}, or unset it.`));
  if (unknown.length > 0) {
    const mend = `Use some of ${real.join(', ')}; or failover, or ${MOCK}, or ${DISABLED}.`;
    faults.push(
      fault(`names providers that do not exist: ${unknown.map((name) => JSON.stringify(name)).join(', ')}.`, mend),
    );
  }
  const twice = unique(names.filter((name, index) => names.indexOf(name) !== index));
  if (twice.length > 0) faults.push(fault(`names ${twice.join(', ')} more than once.`, 'Name every provider once.'));
  for (const alone of [MOCK, DISABLED]) {
    if (names.includes(alone) && names.some((name) => name !== alone)) {
      faults.push(fault(`names ${alone} among others.`, `Leave ${alone} alone, or take it out.`));
    }
  }
  return { names, faults };
}

const unique = (names: readonly string[]): string[] => [...new Set(names)];
