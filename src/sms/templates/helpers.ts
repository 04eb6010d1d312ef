import { VariableRefused } from './template.errors.js';

/** What a template is written with: its language, under a name that no variable has. */
export interface Context {
  readonly '@locale': string;
  readonly [variable: string]: unknown;
}

interface HelperOptions {
  readonly hash: Readonly<Record<string, unknown>>;
}

export const WIDTHS = ['short', 'long', 'narrow'] as const;
export const DATE_STYLES = ['short', 'medium', 'long'] as const;

/** By language and width; few of each. */
const minuteFormats = new Map<string, Intl.NumberFormat>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();
const numberFormats = new Map<string, Intl.NumberFormat>();
const minuteTexts = new Map<string, string>();
const MOST_TEXTS = 5_000;

/** What Intl puts between is often no GSM-7 character, and its marks are for pages, not for phones. */
const plain = (text: string): string =>
  text.replace(/[\u00A0\u202F\u2009]/g, ' ').replace(/[\u200E\u200F\u061C]/g, '');

/** Digits are ASCII in every language: a person compares them with those of the code. */
const withDigits = (locale: string) => `${locale}-u-nu-latn`;

/** What is said as a number; NaN for what says none, as an empty text does. */
const numberFrom = (value: unknown): number =>
  typeof value === 'boolean' || (typeof value === 'string' && value.trim() === '') ? NaN : Number(value);

function kept<T>(map: Map<string, T>, key: string, make: () => T): T {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/** `10 min`, `10 Minuten`, `10 دقائق`: as the language says it. */
function minutes(this: Context, value: unknown, { hash }: HelperOptions): string {
  const count = numberFrom(value);
  if (!Number.isFinite(count))
    throw new VariableRefused('expiryMinutes', 'is no number of minutes', 'Give a number such as 10.');
  const locale = this['@locale'];
  const width = (hash['width'] as string | undefined) ?? 'short';
  const key = `${locale}|${width}|${count}`;
  if (minuteTexts.size > MOST_TEXTS) minuteTexts.clear();
  return kept(minuteTexts, key, () => {
    const options = { style: 'unit', unit: 'minute', unitDisplay: width as 'short' } as const;
    const format = kept(
      minuteFormats,
      `${locale}|${width}`,
      () => new Intl.NumberFormat(withDigits(locale), options),
    );
    return plain(format.format(count));
  });
}

/** A time, in UTC unless `zone` says otherwise, with the zone's name. */
function date(this: Context, value: unknown, { hash }: HelperOptions): string {
  const at = new Date(typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : (value as string));
  if (typeof value === 'boolean' || Number.isNaN(at.getTime()))
    throw new VariableRefused('at', 'is no time', 'Give RFC 3339 such as 2026-11-21T14:00:00Z.');
  const style = ((hash['style'] as string | undefined) ?? 'medium') as 'medium';
  const zone = (hash['zone'] as string | undefined) ?? 'UTC';
  const key = `${this['@locale']}|${style}|${zone}`;
  const options = { dateStyle: style, timeStyle: 'short', timeZone: zone } as const;
  const format = kept(dateFormats, key, () => new Intl.DateTimeFormat(withDigits(this['@locale']), options));
  return `${plain(format.format(at))}${zone === 'UTC' ? ' UTC' : ''}`;
}

/** `1,234.5` as the language writes it. */
function number(this: Context, value: unknown): string {
  const count = numberFrom(value);
  if (!Number.isFinite(count))
    throw new VariableRefused('number', 'is no number', 'Give a number such as 1234.5.');
  const locale = this['@locale'];
  return plain(kept(numberFormats, locale, () => new Intl.NumberFormat(withDigits(locale))).format(count));
}

/** All that a template can call, and what each may be told. */
export const HELPERS = {
  minutes: { run: minutes, options: { width: WIDTHS as readonly string[] } },
  date: { run: date, options: { style: DATE_STYLES as readonly string[], zone: undefined } },
  number: { run: number, options: {} },
} as const;

export const isZone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
};
