import type { PhoneNumber } from '../../kernel/index.js';
import type { OutcomeName } from './outcomes.js';

/** What always becomes of texts to a number. */
export interface Scenario {
  readonly outcome: OutcomeName;
  /** first: at the provider that is preferred; whoever is asked after it delivers. all: at every provider. */
  readonly at: 'first' | 'all';
}

/** The numbers that Twilio's own test credentials know, with the same meaning: https://www.twilio.com/docs/iam/test-credentials. */
const TWILIOS: Readonly<Record<string, Scenario>> = {
  '0001': { outcome: 'bad_number', at: 'all' },
  '0002': { outcome: 'no_route', at: 'all' },
  '0003': { outcome: 'no_route', at: 'all' },
  '0004': { outcome: 'opted_out', at: 'all' },
  '0006': { outcome: 'delivered', at: 'all' },
  '0009': { outcome: 'bad_number', at: 'all' },
};

/** By the two digits after +1 500 555; the last two are anybody's, so that each outcome has a hundred numbers with limits of their own. */
const OURS: Readonly<Record<string, Scenario>> = {
  '10': { outcome: 'delivered', at: 'all' },
  '11': { outcome: 'late', at: 'first' },
  '12': { outcome: 'silent', at: 'first' },
  '13': { outcome: 'undelivered', at: 'first' },
  '14': { outcome: 'blocked', at: 'first' },
  '15': { outcome: 'landline', at: 'all' },
  '16': { outcome: 'undelivered', at: 'all' },
  '20': { outcome: 'server_error', at: 'first' },
  '21': { outcome: 'timeout', at: 'first' },
  '22': { outcome: 'throttled', at: 'first' },
  '23': { outcome: 'unreachable', at: 'first' },
  '24': { outcome: 'misconfigured', at: 'first' },
  '25': { outcome: 'no_route', at: 'first' },
  '30': { outcome: 'unreachable', at: 'all' },
  '31': { outcome: 'server_error', at: 'all' },
  '40': { outcome: 'bad_number', at: 'all' },
  '41': { outcome: 'opted_out', at: 'all' },
  '42': { outcome: 'no_route', at: 'all' },
};

/** No phone has a number of +1 500 555: carriers use them for trying things out. */
const NUMBER = /^\+1500555(\d{2})(\d{2})$/;

export interface ListedScenario extends Scenario {
  /** One number, or a hundred: xx stands for any two digits. */
  readonly number: string;
}

export const SCENARIOS: readonly ListedScenario[] = [
  ...Object.entries(TWILIOS).map(([digits, scenario]) => ({ number: `+1500555${digits}`, ...scenario })),
  ...Object.entries(OURS).map(([digits, scenario]) => ({ number: `+1500555${digits}xx`, ...scenario })),
];

/** Undefined: a number like any other. */
export function scenarioOf({ e164 }: PhoneNumber): Scenario | undefined {
  const [, kind = '', rest = ''] = NUMBER.exec(e164) ?? [];
  return TWILIOS[kind + rest] ?? OURS[kind];
}
