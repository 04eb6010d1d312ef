import { keyOf } from './rule-book.js';
import { isRule, readRule, type KnownProviders, type RouteRule } from './route-rule.js';

/** One thing wrong with a file of routes, with the line, and how to mend it; the operator's words. */
export interface RoutesFault {
  readonly problem: string;
  readonly mend: string;
}

const EXAMPLE = 'Write it like {"routes": [{"country": "US", "providers": ["twilio", "aws-sns"]}]}.';

/** `{"routes": [rule, ...], "comment": "..."}`: its rules, or everything that is wrong with it. */
export function parseRoutes(
  text: string,
  known: KnownProviders,
): { readonly rules: readonly RouteRule[]; readonly faults: readonly RoutesFault[] } {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    const position = Number(/position (\d+)/.exec((error as Error).message)?.[1] ?? text.length);
    const problem = `line ${lineAt(text, position)}: it is no JSON here.`;
    return { rules: [], faults: [{ problem, mend: 'Look for a missing comma or quote on that line or above.' }] };
  }
  const routes = (given as { routes?: unknown } | null)?.routes;
  if (!Array.isArray(routes))
    return { rules: [], faults: [{ problem: 'line 1: there is no list "routes".', mend: EXAMPLE }] };
  const faults: RoutesFault[] = Object.keys(given as object)
    .filter((name) => name !== 'routes' && name !== 'comment')
    .map((name) => ({
      problem: `line ${lineAt(text, text.indexOf(JSON.stringify(name)))}: "${name.slice(0, 40)}" is not known.`,
      mend: EXAMPLE,
    }));
  const starts = itemStarts(text);
  const rules = new Map<string, RouteRule>();
  for (const [index, item] of routes.entries()) {
    const [from, to] = [starts[index] ?? 0, starts[index + 1] ?? text.length];
    const read = readRule(item, known, 'file');
    if (!isRule(read)) {
      for (const { member, problem, mend } of read) {
        const at = member === undefined ? from : text.indexOf(JSON.stringify(member), from);
        faults.push({ problem: `line ${lineAt(text, at >= from && at < to ? at : from)}: ${problem}`, mend });
      }
      continue;
    }
    if (rules.has(keyOf(read)))
      faults.push({
        problem: `line ${lineAt(text, from)}: there is a rule for these texts already.`,
        mend: 'Keep one.',
      });
    rules.set(keyOf(read), read);
  }
  return { rules: [...rules.values()], faults };
}

const lineAt = (text: string, position: number) => text.slice(0, Math.max(0, position)).split('\n').length;

/** Where each item of the list "routes" begins. */
function itemStarts(text: string): number[] {
  const starts: number[] = [];
  let [depth, isItem] = [0, false];
  for (let at = text.indexOf('[', text.indexOf('"routes"')); at < text.length && at >= 0; at++) {
    const character = text[at]!;
    if (depth === 1 && isItem && /\S/.test(character) && character !== ']') {
      starts.push(at);
      isItem = false;
    }
    if (character === '"') at = endOfString(text, at);
    else if (character === '[' || character === '{') isItem = ++depth === 1;
    else if (character === ']' || character === '}') {
      if (--depth === 0) break;
    } else if (character === ',' && depth === 1) isItem = true;
  }
  return starts;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
