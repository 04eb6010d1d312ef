/** What is different in every run, and what stands for it. */
const CLASSES: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?Z| UTC)?/g, '<time>'],
  [/\d{4}-\d\d-\d\d/g, '<time>'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>'],
  [/\b(whsec_|sk_|evt_|eyJ)[\w+/=.-]+/g, '$1<secret>'],
  [/\bcli:[\w-]+/g, 'cli:<user>'],
  [/\[[#-]{8,}\]/g, '[<bar>]'],
  [/(?<![A-Za-z_+\d])-?\d[\d,]*(\.\d+)?(?![A-Za-z\d])/g, '<n>'],
  [/─+/g, '─'],
  [/[ \t]+/g, ' '],
];
/** Bars of progress: how many there are depends on the machine. */
const PROGRESS = /\[[#-]{8,}\]/;
const GAP = /^(…|\.\.\.)$/;

const normal = (line: string): string =>
  CLASSES.reduce((text, [pattern, name]) => text.replace(pattern, name), line).trim();
const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !PROGRESS.test(line));
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Whether `actual` has the shape that a page shows: the same JSON but for ids, times and numbers that differ in every run, or the
 * same lines. `…` on the page stands for anything.
 *
 * @returns what differs; undefined, if nothing does
 */
export function difference(shown: string, actual: string): string | undefined {
  const json = parse(shown);
  if (json !== undefined) {
    const real = parse(actual);
    return real === undefined ? `no JSON: ${actual.slice(0, 400)}` : jsonDifference(json, real, '');
  }
  return textDifference(shown, actual);
}

/** Ids, codes and the like as the page shows them, with what they were here, so that later commands may use them. */
export function learned(shown: string, actual: string): Map<string, string> {
  const found = new Map<string, string>();
  const [json, real] = [parse(shown), parse(actual)];
  if (json !== undefined && real !== undefined) collect(json, real, found);
  else {
    const ids = /[0-9a-f]{8}-[0-9a-f-]{27}|\b(?:whsec|sk|evt)_[\w+/=-]+/g;
    const here = actual.match(ids) ?? [];
    (shown.match(ids) ?? []).forEach((id, n) => here[n] && found.set(id, here[n]));
  }
  return found;
}

/** JSON as pages write it: over several lines, with `…` for members that are left out. */
function parse(text: string): unknown {
  const trimmed = text.trim();
  if (!/^[{[]/.test(trimmed)) return undefined;
  const whole = trimmed
    .replace(/\n\s*/g, ' ')
    .replace(/,\s*(?:…|\.\.\.)\s*\}/g, ',"…":0}')
    .replace(/,\s*(?:…|\.\.\.)\s*\]/g, ',"…"]')
    .replace(/\{\s*(?:…|\.\.\.)\s*\}/g, '{"…":0}');
  try {
    return JSON.parse(whole) as unknown;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function jsonDifference(shown: unknown, real: unknown, path: string): string | undefined {
  const differs = () => `${path || 'the answer'} is ${JSON.stringify(real)}, the page shows ${JSON.stringify(shown)}`;
  if (Array.isArray(shown)) {
    if (!Array.isArray(real)) return differs();
    const open = shown.at(-1) === '…';
    const items: readonly unknown[] = open ? shown.slice(0, -1) : shown;
    if (open ? real.length < items.length : real.length !== items.length) return differs();
    return first(items.map((item, n) => jsonDifference(item, real[n], `${path}/${n}`)));
  }
  if (isObject(shown)) {
    if (!isObject(real) || Array.isArray(real)) return differs();
    const open = '…' in shown;
    const [here, there] = [Object.keys(shown).filter((key) => key !== '…'), Object.keys(real)];
    const missing = here.filter((key) => !there.includes(key));
    const extra = open ? [] : there.filter((key) => !here.includes(key));
    if (missing.length || extra.length)
      return `${path || 'the answer'} lacks ${missing.join(', ') || 'nothing'} of the page, and has beyond it ${extra.join(', ') || 'nothing'}: ${JSON.stringify(real)}`;
    return first(here.map((key) => jsonDifference(shown[key], real[key], `${path}/${key}`)));
  }
  if (typeof shown === 'string' && typeof real === 'string')
    return shown.endsWith('…') || new RegExp(`^${pattern(shown)}$`).test(normal(real)) ? undefined : differs();
  return typeof shown === typeof real && (typeof shown === 'number' || shown === real) ? undefined : differs();
}

const first = (differences: readonly (string | undefined)[]) => differences.find((each) => each !== undefined);
const pattern = (shown: string): string => escaped(normal(shown)).replace(/…|\\\.\\\.\\\./g, '.*');

function textDifference(shown: string, actual: string): string | undefined {
  const real = linesOf(actual).map(normal);
  let at = 0;
  let skipping = false;
  for (const line of linesOf(shown)) {
    if (GAP.test(line)) {
      skipping = true;
      continue;
    }
    const wanted = new RegExp(`^${pattern(line)}$`);
    const found = real.findIndex((text, n) => n >= at && wanted.test(text));
    if (found < 0 || (!skipping && found > at))
      return `the page shows\n    ${line}\nbut here it was\n    ${linesOf(actual)
        .slice(at, at + 5)
        .join('\n    ')}`;
    at = found + 1;
    skipping = false;
  }
  return skipping || at >= real.length
    ? undefined
    : `more than the page shows:\n    ${linesOf(actual).slice(at).join('\n    ')}`;
}

function collect(shown: unknown, real: unknown, found: Map<string, string>): void {
  if (isObject(shown) && isObject(real)) for (const key of Object.keys(shown)) collect(shown[key], real[key], found);
  else if (typeof shown === 'string' && typeof real === 'string' && shown !== real && shown.length > 4)
    found.set(shown, real);
}
