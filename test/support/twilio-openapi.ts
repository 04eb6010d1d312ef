import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';

type Schema = Readonly<Record<string, unknown>> & { readonly $ref?: string };
interface OpenApi {
  readonly paths: Readonly<Record<string, { readonly post: Operation; readonly get: Operation }>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}
interface Operation {
  readonly requestBody: { readonly content: Readonly<Record<string, { readonly schema: FormSchema }>> };
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, { schema: Schema }>> }>>;
}
type FormSchema = Schema & { readonly properties: Readonly<Record<string, { readonly type?: string }>> };

type AnswerOf = 'message' | 'call' | 'account' | 'balance' | 'numbers' | 'shortCodes';

export interface TwilioOpenApi {
  /** What is wrong with this form, if anything. */
  formFault(of: 'message' | 'call', form: URLSearchParams): string | undefined;
  /** Throws when the fake answers what Twilio never would. */
  assertAnswer(of: AnswerOf, answer: unknown): void;
}

let loaded: TwilioOpenApi | 'absent' | undefined;

/** Undefined when the document is not on this machine: only CI insists on it. */
export function twilioOpenApi(): TwilioOpenApi | undefined {
  loaded ??= load(resolve(process.cwd(), '../shared/reference/twilio_api_v2010.json'));
  return loaded === 'absent' ? undefined : loaded;
}

export function load(file: string): TwilioOpenApi | 'absent' {
  if (!existsSync(file)) {
    if (process.env.CI === 'true') throw new Error(`Twilio's OpenAPI document is missing: ${file}`);
    return 'absent';
  }
  const { paths, components } = JSON.parse(readFileSync(file, 'utf8')) as OpenApi;
  const compile = (schema: Schema, coerceTypes: boolean): ValidateFunction => {
    const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true, coerceTypes });
    return ajv.compile({ ...schema, additionalProperties: false, components });
  };
  const answerSchema = (operation: Operation, status: string): Schema => {
    const schema = operation.responses[status]!.content['application/json']!.schema;
    if (schema.$ref === undefined) return schema;
    return components.schemas[schema.$ref.replace('#/components/schemas/', '')]!;
  };
  const messages = paths['/2010-04-01/Accounts/{AccountSid}/Messages.json']!.post;
  const calls = paths['/2010-04-01/Accounts/{AccountSid}/Calls.json']!.post;
  const account = paths['/2010-04-01/Accounts/{Sid}.json']!.get;
  const read = (path: string) => answerSchema(paths[`/2010-04-01/Accounts/{AccountSid}/${path}.json`]!.get, '200');
  const formOf = ({ requestBody }: Operation) => requestBody.content['application/x-www-form-urlencoded']!.schema;
  const forms = { message: formOf(messages), call: formOf(calls) };
  const validForms = { message: compile(forms.message, true), call: compile(forms.call, true) };
  const answers = {
    message: compile(answerSchema(messages, '201'), false),
    call: compile(answerSchema(calls, '201'), false),
    account: compile(answerSchema(account, '200'), false),
    balance: compile(read('Balance'), false),
    numbers: compile(read('IncomingPhoneNumbers'), false),
    shortCodes: compile(read('SMS/ShortCodes'), false),
  };
  return {
    formFault: (of, params) => (validForms[of](toObject(params, forms[of])) ? undefined : explain(validForms[of])),
    assertAnswer: (of, answer) => {
      if (!answers[of](answer)) throw new Error(`not an answer of Twilio's (${of}): ${explain(answers[of])}`);
    },
  };
}

/** A repeated scalar stays an array, which its schema then refuses. */
function toObject(params: URLSearchParams, form: FormSchema): Record<string, unknown> {
  return Object.fromEntries(
    [...new Set(params.keys())].map((key) => {
      const values = params.getAll(key);
      const many = values.length > 1 || (Object.hasOwn(form.properties, key) && form.properties[key]?.type === 'array');
      return [key, many ? values : values[0]];
    }),
  );
}

function explain({ errors }: ValidateFunction): string {
  return (errors ?? [])
    .map(({ instancePath, message, params }) => `${instancePath || 'form'} ${message} ${JSON.stringify(params)}`)
    .join('; ');
}
