import { readFileSync } from 'node:fs';

/** As much of JSON Schema as the contract uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly example?: unknown;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

export interface Operation {
  readonly method: string;
  /** With `{names}` in it. */
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema?: Schema }[];
  readonly body: Schema | undefined;
  readonly statuses: ReadonlySet<number>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}
interface RawOperation {
  readonly parameters?: Operation['parameters'];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly responses: Readonly<Record<string, unknown>>;
}

const document = JSON.parse(readFileSync('openapi.json', 'utf8')) as Document;

/** What `$ref` names. */
export function resolved(schema: Schema | undefined): Schema | undefined {
  const name = schema?.$ref?.split('/').at(-1) ?? schema?.allOf?.[0]?.$ref?.split('/').at(-1);
  return name === undefined ? schema : document.components?.schemas?.[name];
}

/** The inbox plays the provider for every other route; what is told as it happens has no end (test/e2e/console.spec.ts). */
const isApart = ([path]: readonly [string, unknown]) => path.startsWith('/v1/inbox/') || path === '/v1/admin/events';

/** Every other route of the contract that production has. */
export const operations: readonly Operation[] = Object.entries(document.paths)
  .filter((each) => !isApart(each))
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      body: resolved(Object.values(requestBody?.content ?? {})[0]?.schema),
      statuses: new Set(Object.keys(responses).map(Number)),
    })),
  );
