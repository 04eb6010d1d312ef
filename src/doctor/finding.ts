/** What a check is about; reports have them in this order. */
export const GROUPS = [
  'program',
  'environment',
  'secrets',
  'storage',
  'providers',
  'network',
  'texts',
  'clock',
  'production',
] as const;
export type Group = (typeof GROUPS)[number];

/** skipped: it could not be looked at, and why is said elsewhere or here. */
export type FindingState = 'ok' | 'warning' | 'fault' | 'skipped';

/** One line of a report. */
export interface Finding {
  readonly group: Group;
  readonly name: string;
  readonly state: FindingState;
  readonly found: string;
  /** Of every warning and fault: what to do, as one sentence. */
  readonly mend?: string;
}

export type Said = Omit<Finding, 'group'>;

export const ok = (name: string, found: string): Said => ({ name, state: 'ok', found });
export const skipped = (name: string, found: string): Said => ({ name, state: 'skipped', found });
export const warning = (name: string, found: string, mend: string): Said => ({ name, state: 'warning', found, mend });
export const fault = (name: string, found: string, mend: string): Said => ({ name, state: 'fault', found, mend });
