/** What a template may name in braces. Minutes of validity are whole, at least one, and otherwise rounded down. */
export const PLACEHOLDERS = [
  'to',
  'toDigits',
  'text',
  'from',
  'validForSecs',
  'validForMins',
  'ref',
  'reportUrl',
] as const;
export type Values = Readonly<Record<(typeof PLACEHOLDERS)[number], string>>;

export type Encoding = (value: string) => string;

const XML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

const asUrl: Encoding = (value) => encodeURIComponent(value);
/** Without its quotes, which the template has. */
const asJson: Encoding = (value) => JSON.stringify(value).slice(1, -1);
const asXml: Encoding = (value) => value.replace(/[&<>"']/g, (character) => XML[character] ?? character);

/** How a value is written into a body, so that none can break out of its place. */
export function encodingFor(contentType: string): Encoding {
  if (/[/+]json\b/i.test(contentType)) return asJson;
  if (/[/+]xml\b/i.test(contentType)) return asXml;
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) return asUrl;
  return (value) => value;
}

export const urlEncoding = asUrl;

const NAMES = new RegExp(`\\{(${PLACEHOLDERS.join('|')})\\}`, 'g');

/** Braces around anything else stay as they are: JSON has them, too. */
export function fill(template: string, values: Values, encode: Encoding): string {
  return template.replace(NAMES, (_, name: keyof Values) => encode(values[name].toWellFormed()));
}
