import Handlebars from 'handlebars';

import { HELPERS, isZone } from './helpers.js';
import { TemplateFault } from './template.errors.js';
import { VARIABLE_NAME } from './variables.js';

/** What a template says, and what it must be given for that. */
export interface Syntax {
  readonly program: hbs.AST.Program;
  /** Every variable in it. */
  readonly variables: ReadonlySet<string>;
  /** Of them, those without which it cannot be written: not only asked about, nor only said where they are there. */
  readonly needed: ReadonlySet<string>;
  /** What is said in any case and as it is, by no helper: `{{code}}`, but not `{{number code}}`. */
  readonly plain: ReadonlySet<string>;
}

export const LONGEST_BODY = 1_000;
 
const UNSAFE = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2028\u2029\uFEFF]/;
const USE = 'There are {{name}}, {{#if name}}...{{else}}...{{/if}}, {{#unless name}}...{{/unless}}, {{minutes name}}, {{date name}}, {{number name}}.';

interface Found {
  readonly variables: Set<string>;
  readonly needed: Set<string>;
  readonly plain: Set<string>;
}

/** Of Handlebars itself: as a variable they could be read, but not be written. */
const BLOCKS = ['if', 'unless'];

/** Line ends of any system are one, none stands at the end, and letters are composed, which takes the least room. */
export const bodyFrom = (text: string): string => text.replace(/\r\n?/g, '\n').replace(/\n+$/, '').normalize('NFC');

/**
 * Reads a template. Only what cannot reach beyond its variables is allowed: no paths, no partials, no other helpers.
 * @throws {TemplateFault}
 */
export function read(body: string): Syntax {
  if (body.trim() === '') throw new TemplateFault(1, 'it is empty.', 'Write the text.');
  if (body.length > LONGEST_BODY)
    throw new TemplateFault(1, `it has more than ${LONGEST_BODY} characters.`, 'Shorten it: each 153 cost a segment.');
  const unsafe = UNSAFE.exec(body);
  if (unsafe)
    throw new TemplateFault(
      body.slice(0, unsafe.index).split('\n').length,
      `it has the control character U+${unsafe[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}.`,
      'Remove it; \\n ends lines, and words in another direction need no mark.',
    );
  const program = parsed(body);
  const found: Found = { variables: new Set(), needed: new Set(), plain: new Set() };
  statements(program, new Set(), found);
  return { program, ...found };
}

function parsed(body: string): hbs.AST.Program {
  try {
    return Handlebars.parse(body);
  } catch (error) {
    const { message, lineNumber } = error as Error & { readonly lineNumber?: number };
    const line = lineNumber ?? Number(/line (\d+)/.exec(message)?.[1] ?? 1);
    const [, told] = /\n(Expecting[^\n]*)$/.exec(message) ?? [];
    const doesNotMatch = /doesn't match/.test(message);
    throw new TemplateFault(
      line,
      doesNotMatch ? `${message.replace(/ - \d+:\d+$/, '')}.` : 'it cannot be read here.',
      doesNotMatch ? 'Close what was opened last.' : `Look for a brace or a {{/if}} too few or too many.${told ? ` (${told.slice(0, 80)})` : ''}`,
    );
  }
}

const lineOf = (node: hbs.AST.Node): number => node.loc.start.line;

function statements(program: hbs.AST.Program | undefined, guards: ReadonlySet<string>, found: Found): void {
  for (const statement of program?.body ?? []) {
    if (statement.type === 'ContentStatement' || statement.type === 'CommentStatement') continue;
    if (statement.type === 'MustacheStatement') mustache(statement as hbs.AST.MustacheStatement, guards, found);
    else if (statement.type === 'BlockStatement') block(statement as hbs.AST.BlockStatement, guards, found);
    else throw new TemplateFault(lineOf(statement), 'partials and decorators are not for texts.', USE);
  }
}

function mustache({ path, params, hash, ...node }: hbs.AST.MustacheStatement, guards: ReadonlySet<string>, found: Found) {
  if (params.length === 0 && !hash) {
    const name = variable(path, node);
    if (Object.hasOwn(HELPERS, name))
      throw new TemplateFault(lineOf(path), `${name} is said of nothing.`, `Write {{${name} aVariable}}.`);
    if (BLOCKS.includes(name)) throw new TemplateFault(lineOf(path), `${name} asks about nothing.`, USE);
    found.plain.add(name);
    return use(name, guards, found);
  }
  const name = (path as hbs.AST.PathExpression).original;
  const helper = Object.hasOwn(HELPERS, name) ? HELPERS[name as keyof typeof HELPERS] : undefined;
  if (!helper) throw new TemplateFault(lineOf(path), `there is no helper "${name}".`, USE);
  if (params.length !== 1) throw new TemplateFault(lineOf(path), `${name} takes one variable.`, `Write {{${name} aVariable}}.`);
  use(variable(params[0]!, path), guards, found);
  for (const { key, value } of hash?.pairs ?? []) option(name, helper.options, key, value);
}

function option(helper: string, options: object, key: string, value: hbs.AST.Expression): void {
  const choices = (options as Readonly<Record<string, readonly string[] | undefined>>)[key];
  const { value: text } = value as hbs.AST.StringLiteral;
  const isText = value.type === 'StringLiteral';
  const isRight = isText && (choices ? choices.includes(text) : isZone(text));
  if (Object.hasOwn(options, key) && isRight) return;
  throw new TemplateFault(
    lineOf(value),
    `${helper} does not take ${key}=${isText ? JSON.stringify(text) : '...'}.`,
    choices ? `Write ${key}="${choices.join('" or "')}".` : 'date takes style="short|medium|long" and zone="Europe/Berlin", minutes width="short|long|narrow".',
  );
}

function block({ path, params, hash, program, inverse }: hbs.AST.BlockStatement, guards: ReadonlySet<string>, found: Found) {
  const name = path.type === 'PathExpression' ? path.original : '';
  if ((name !== 'if' && name !== 'unless') || params.length !== 1 || hash || program?.blockParams)
    throw new TemplateFault(lineOf(path), `there is no {{#${name}}} like this.`, USE);
  const asked = variable(params[0]!, path);
  found.variables.add(asked);
  const guarded = new Set([...guards, asked]);
  const [then, otherwise] = [new Set<string>(), new Set<string>()];
  statements(program, name === 'if' ? guarded : guards, { ...found, plain: then });
  statements(inverse, name === 'unless' ? guarded : guards, { ...found, plain: otherwise });
  for (const said of then) if (otherwise.has(said)) found.plain.add(said);
}

function use(name: string, guards: ReadonlySet<string>, found: Found): void {
  found.variables.add(name);
  if (!guards.has(name)) found.needed.add(name);
}

/** The name of a plain variable. */
function variable(expression: hbs.AST.Node, at: hbs.AST.Node): string {
  const { type, original, data, depth, parts } = expression as hbs.AST.PathExpression;
  if (type === 'PathExpression' && !data && depth === 0 && parts.length === 1 && original === parts[0]) {
    if (VARIABLE_NAME.test(original)) return original;
    throw new TemplateFault(lineOf(expression), `"${original}" is no name.`, 'Names are letters and digits, such as expiryMinutes.');
  }
  throw new TemplateFault(lineOf(expression.loc ? expression : at), 'only plain names are read: no paths, no nested calls.', USE);
}
