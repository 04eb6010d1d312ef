import 'reflect-metadata';

/** What the process was given: names to texts. */
export type Source = Readonly<Record<string, string | undefined>>;

export interface VariableOptions {
  /** Older or other names for the same thing, read in this order when the first name is unset. */
  readonly aliases?: readonly string[];
  /** One line for the documentation. */
  readonly about: string;
  /** A value that works, for .env.example and for the mend in an error. */
  readonly example: string;
}

export interface Variable extends VariableOptions {
  readonly name: string;
}

const VARIABLES = Symbol('variables');

/**
 * Marks a class property as an environment variable of the same name. The property's declared type (String, Number,
 * Boolean or Array) says how its text is read; class-validator's decorators say what is allowed.
 */
export function Env(options: VariableOptions): PropertyDecorator {
  return (target, name) => {
    const list = variablesOf(target.constructor as new () => object);
    Reflect.defineMetadata(VARIABLES, [...list, { ...options, name: String(name) }], target.constructor);
  };
}

export function variablesOf(environment: new () => object): readonly Variable[] {
  return (Reflect.getMetadata(VARIABLES, environment) as Variable[] | undefined) ?? [];
}

/** Fills a new `environment` from `source`; empty texts count as unset. What cannot be read is left for validation to name. */
export function readVariables<E extends object>(environment: new () => E, source: Source): E {
  const target = new environment();
  for (const { name, aliases = [] } of variablesOf(environment)) {
    const text = [name, ...aliases].map((alias) => source[alias]?.trim()).find(Boolean);
    if (text === undefined) continue;
    const type: unknown = Reflect.getMetadata('design:type', environment.prototype as object, name);
    Reflect.set(target, name, readAs(type, text));
  }
  return target;
}

function readAs(type: unknown, text: string): unknown {
  if (type === Number) return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (type === Boolean)
    return (
      { true: true, '1': true, yes: true, on: true, false: false, '0': false, no: false, off: false }[
        text.toLowerCase()
      ] ?? text
    );
  if (type === Array)
    return text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
  return text;
}
