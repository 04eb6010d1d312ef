/**
 * The JSON objects in a text that may hold several, with anything or nothing between them: Firehose joins records without
 * a separator, log shippers with line ends. What does not parse is left out.
 */
export function jsonObjectsIn(text: string): object[] {
  const whole = parse(text);
  if (whole) return [whole];
  return [...topLevelBraces(text)].flatMap((piece) => parse(piece) ?? []);
}

/** One JSON object, or undefined. */
export function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What the JSON itself said under this name: nothing that an object inherits. */
export const member = (of: unknown, name: string): unknown =>
  typeof of === 'object' && of !== null && Object.hasOwn(of, name)
    ? (of as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** A member that is a text. */
export function textOf(of: unknown, name: string): string | undefined {
  const value = member(of, name);
  return typeof value === 'string' ? value : undefined;
}

function* topLevelBraces(text: string): Generator<string> {
  let depth = 0;
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char === '\\') i++;
      else if (char === '"') quoted = false;
    } else if (char === '"') {
      quoted = depth > 0;
    } else if (char === '{') {
      if (depth++ === 0) start = i;
    } else if (char === '}' && depth > 0 && --depth === 0) {
      yield text.slice(start, i + 1);
    }
  }
}
