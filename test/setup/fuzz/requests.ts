import fc, { type Arbitrary } from 'fast-check';

import { resolved, type Operation, type Schema } from './operations.js';

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
}

/** What the fuzzer knows of the program under attack. */
export interface Target {
  readonly keys: readonly string[];
  /** Things that exist, to be named in paths and bodies. */
  readonly ids: readonly string[];
  /** Instead of the number that the contract shows, which our own words may repeat. */
  readonly phone: string;
}

const NASTY = [
  ...[
    '',
    ' ',
    '\0',
    '\ud800',
    '\u202e\u0000',
    '%00',
    '%',
    '../../etc/passwd',
    '{{7*7}}',
    '${7*7}',
    '<script>',
    "' OR 1=1 --",
  ],
  ...['__proto__', 'constructor', 'null', 'undefined', 'NaN', '-0', '1e309', '9'.repeat(400), '٣٤٥', '+१४१५५५५२६७१'],
  ...[
    '+1415555267100000000000',
    'tel:+14155552671',
    '+14155552671;ext=5',
    'a'.repeat(5_000),
    '😀'.repeat(600),
    '\r\nSet-Cookie: a=b',
  ],
  ...['0000-00-00', '2026-13-45T99:99:99Z', 'http://169.254.169.254/', 'file:///etc/passwd', 'javascript:alert(1)'],
];
const NUMBERS = [0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, Number.MIN_VALUE];

const junk: Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(...NUMBERS, null, true, false, [], {}) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 6 }) },
);
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** A value as the schema wants it, or not. */
function like(schema: Schema | undefined, target: Target): Arbitrary<unknown> {
  const { enum: allowed, example, default: usual, type, properties, items } = resolved(schema) ?? {};
  if (allowed) return fc.constantFrom(...allowed);
  const shown = [example, usual]
    .filter((value) => value !== undefined)
    .map((value) => (typeof value === 'string' && /^\+\d+$/.test(value) ? target.phone : value));
  if (shown.length > 0) return fc.constantFrom(...shown);
  if (properties) return members(properties, target);
  if (type === 'array') return fc.array(like(items, target), { maxLength: 4 });
  if (type === 'boolean') return fc.boolean();
  if (type === 'integer' || type === 'number') return fc.integer({ min: 0, max: 100 });
  return fc.constantFrom(...target.ids, '123456', 'verification', 'https://example.com');
}

function members(properties: Readonly<Record<string, Schema>>, target: Target): Arbitrary<object> {
  const entries = Object.entries(properties).map(([name, schema]) =>
    fc.oneof(
      { weight: 6, arbitrary: like(schema, target).map((value) => [[name, value]]) },
      { weight: 3, arbitrary: junk.map((value) => [[name, value]]) },
      { weight: 1, arbitrary: fc.constant([]) },
    ),
  );
  const extra = fc.oneof(
    { weight: 8, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...NASTY), junk).map((entry) => [entry]) },
  );
  return fc.tuple(...entries, extra).map((all) => Object.fromEntries(all.flat() as [string, unknown][]));
}

const texts = (value: Arbitrary<unknown>): Arbitrary<string | Buffer> =>
  fc.oneof(
    { weight: 12, arbitrary: value.map((body) => JSON.stringify(body)) },
    {
      weight: 1,
      arbitrary: fc.tuple(value, fc.nat(100)).map(([body, cut]) => JSON.stringify(body).slice(0, -1 - (cut % 20))),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.nat(60_000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)) },
    {
      weight: 1,
      arbitrary: value.map((body) =>
        Object.entries(Object(body) as object)
          .map(([name, of]) => `${inUrl(name)}=${inUrl(of)}`)
          .join('&'),
      ),
    },
  );

const written = (value: unknown) => (isObject(value) ? JSON.stringify(value) : String(value));
/** Lone surrogates cannot be written in UTF-8. */
const inUrl = (value: unknown) => encodeURIComponent(written(value).replace(/\p{Surrogate}/gu, '\ufffd'));
const inHeader = (value: unknown) => written(value).replace(/[^\x20-\x7e\x80-\xff]/g, '');

function pathOf({ path, parameters }: Operation, target: Target): Arbitrary<string> {
  const known = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...target.ids) },
    { weight: 1, arbitrary: fc.uuid() },
    { weight: 2, arbitrary: junk },
  );
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const queries = parameters.filter((parameter) => parameter.in === 'query');
  const asked = queries.map(({ name, schema }) =>
    fc.option(fc.oneof(like(schema, target), junk)).map((value) => (value === null ? '' : `${name}=${inUrl(value)}&`)),
  );
  const query = fc.oneof(
    { weight: 9, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: junk.map((value) => `${inUrl(value)}=1`) },
  );
  return fc.tuple(fc.tuple(...names.map(() => known)), fc.tuple(...asked, query)).map(([values, parts]) => {
    const filled = names.reduce((text, name, index) => text.replace(`{${name}}`, inUrl(values[index]) || '%20'), path);
    const rest = parts.join('');
    return rest ? `${filled}?${rest}` : filled;
  });
}

function headersOf({ keys }: Target): Arbitrary<Record<string, string>> {
  const credentials = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...keys).map((key) => `Bearer ${key}`) },
    { weight: 1, arbitrary: junk.map((value) => `Bearer ${inHeader(value)}`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', 'Basic eDp5', 'Bearer', `bearer  ${keys[0]}`, 'Bearer eyJhbGciOiJub25lIn0.e30.'),
    },
  );
  const type = fc.oneof(
    { weight: 12, arbitrary: fc.constant('application/json') },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'application/x-www-form-urlencoded',
        'text/plain',
        'application/json; charset=utf-16',
        'x',
        'application/xml',
      ),
    },
  );
  const more = fc.record(
    {
      'idempotency-key': fc.oneof(junk.map(inHeader), fc.constant('the same key')),
      'accept-language': junk.map(inHeader),
      'x-csrf-token': junk.map(inHeader),
      cookie: junk.map(inHeader),
      origin: junk.map(inHeader),
    },
    { requiredKeys: [] },
  );
  const rare = fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: more });
  // Public routes are throttled by address, which a trusted proxy names.
  const address = fc.ipV4();
  return fc.tuple(credentials, type, rare, address).map(([authorization, contentType, others, from]) => ({
    ...others,
    authorization,
    'content-type': contentType,
    'x-forwarded-for': from,
  }));
}

/** Requests to one route, most of them nearly right. */
export function requestsTo(operation: Operation, target: Target): Arbitrary<FuzzRequest> {
  const { method, body } = operation;
  const wanted = body?.properties ? members(body.properties, target) : junk;
  const value = fc.oneof({ weight: 9, arbitrary: wanted }, { weight: 1, arbitrary: junk });
  const content =
    method === 'GET' || method === 'DELETE'
      ? fc.constant(undefined)
      : fc.option(texts(value), { nil: undefined, freq: 12 });
  return fc
    .tuple(pathOf(operation, target), headersOf(target), content)
    .map(([path, headers, text]) => ({ method, path, headers, body: text }));
}
