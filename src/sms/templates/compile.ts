import Handlebars from 'handlebars';

import { HELPERS, type Context } from './helpers.js';
import { bodyFrom, read, type Syntax } from './syntax.js';
import { VariableRefused } from './template.errors.js';

export interface CompiledTemplate extends Pick<Syntax, 'variables' | 'needed' | 'plain'> {
  readonly body: string;
  /** @throws {VariableRefused} for what is missing, or cannot be what it is used as */
  write(context: Record<string, unknown> & Context): string;
}

/** An environment of our own: nobody else's helpers, and of Handlebars' only `if` and `unless`. */
const environment = Handlebars.create();
for (const name of ['each', 'with', 'lookup', 'log', 'blockHelperMissing', 'helperMissing']) environment.unregisterHelper(name);
for (const [name, { run }] of Object.entries(HELPERS)) environment.registerHelper(name, run as Handlebars.HelperDelegate);

const KNOWN = { minutes: true, date: true, number: true, if: true, unless: true, each: false, with: false, lookup: false, log: false, helperMissing: false, blockHelperMissing: false };
const OPTIONS = {
  noEscape: true,
  strict: true,
  knownHelpersOnly: true,
  knownHelpers: KNOWN,
  data: false,
  preventIndent: true,
} as const satisfies CompileOptions;
const RUN = { allowProtoMethodsByDefault: false, allowProtoPropertiesByDefault: false } as const;

/** Once; what comes of it is written in about a microsecond. @throws {TemplateFault} */
export function compile(text: string): CompiledTemplate {
  const body = bodyFrom(text);
  const { program, variables, needed, plain } = read(body);
  const [names, all] = [[...needed], [...variables]];
  const template = environment.compile<Context>(program, OPTIONS);
  const write = (context: Record<string, unknown> & Context): string => {
    for (const name of names) {
      if (context[name] === undefined)
        throw new VariableRefused(name, 'is missing', `Give it, or take {{${name}}} out of the template.`);
    }
    // What is only asked about may be missing; strict templates want to be told so.
    for (const name of all) if (!(name in context)) context[name] = undefined;
    return template(context, RUN);
  };
  return { body, variables, needed, plain, write };
}
