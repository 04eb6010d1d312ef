import type { NumberType, PhoneNumber } from '../kernel/index.js';

/** What the number plan calls a line that codes do not belong on. */
export const LINE_TYPES = [
  'premium-rate',
  'shared-cost',
  'toll-free',
  'uan',
  'voicemail',
  'pager',
  'personal-number',
  'voip',
  'fixed-line',
  'non-geographic',
] as const;
export type LineType = (typeof LINE_TYPES)[number];
export const DEFAULT_BLOCKED_LINES: readonly LineType[] = LINE_TYPES;

const LINE_OF: Readonly<Record<NonNullable<NumberType>, LineType | undefined>> = {
  PREMIUM_RATE: 'premium-rate',
  SHARED_COST: 'shared-cost',
  TOLL_FREE: 'toll-free',
  UAN: 'uan',
  VOICEMAIL: 'voicemail',
  PAGER: 'pager',
  PERSONAL_NUMBER: 'personal-number',
  VOIP: 'voip',
  FIXED_LINE: 'fixed-line',
  FIXED_LINE_OR_MOBILE: undefined,
  MOBILE: undefined,
};

/** Undefined for mobiles, and for what may be one: only where the plan is sure, a number is anything else. */
export function lineOf(phone: PhoneNumber): LineType | undefined {
  // +800, +808, +870, +878, +881, +882, +883, +888 and +979: no country has them.
  if (!phone.country) return 'non-geographic';
  // Twilio's numbers for trying things out, which no phone has.
  if (phone.e164.startsWith('+1500555')) return undefined;
  // Argentine mobiles look like fixed lines when they are written without the 9.
  if (phone.country === 'AR' && phone.lineType === 'FIXED_LINE') return undefined;
  return LINE_OF[phone.lineType ?? 'MOBILE'];
}
