import { UsageError } from '../usage-error.js';

export type CsvRow = Readonly<Record<string, string>>;

const [QUOTE, NEWLINE, RETURN] = ['"', '\n', '\r'];
/** Of one field: what is longer was never closed. */
const LONGEST = 65_536;
/** Of all fields of one row together. */
const LONGEST_ROW = 1_048_576;

/** RFC 4180: the first line names the columns. @param text in pieces, cut anywhere @throws {UsageError} with the line */
export async function* readCsv(
  text: AsyncIterable<string>,
): AsyncIterable<{ readonly row: CsvRow; readonly line: number }> {
  let names: readonly string[] | undefined;
  let separator: string | undefined;
  for await (const { fields, line } of records(text, (first) => (separator ??= separatorOf(first)))) {
    if (!names) {
      names = fields.map((name) => name.trim());
      if (new Set(names).size < names.length || names.includes(''))
        throw new UsageError(
          'The first line must name every column, each once.',
          'Write it like phone,name,order on the first line.',
        );
      continue;
    }
    if (fields.length === 1 && fields[0]!.trim() === '') continue;
    if (fields.length !== names.length)
      throw new UsageError(
        `Line ${line} has ${fields.length} fields, the first line ${names.length}.`,
        'Put fields with a comma, a quote or a line break into double quotes.',
      );
    yield { row: Object.fromEntries(names.map((name, index) => [name, fields[index]!])), line };
  }
}

/** As spreadsheets write it where the comma is in numbers. */
const separatorOf = (start: string) => {
  const [first = ''] = start.split(/\r?\n/);
  return [';', '\t'].find((each) => first.split(each).length > first.split(',').length) ?? ',';
};

async function* records(text: AsyncIterable<string>, separatorFor: (start: string) => string) {
  let separator = '';
  let [fields, field]: [string[], string] = [[], ''];
  let state: 'bare' | 'quoted' | 'closing' = 'bare';
  let [line, begun, size] = [1, 1, 0];
  let isFirst = true;
  for await (const piece of text) {
    const chunk = isFirst ? piece.replace(/^\ufeff/, '') : piece;
    if (isFirst) separator = separatorFor(chunk);
    isFirst = false;
    for (const character of chunk) {
      if (field.length > LONGEST)
        throw new UsageError(`A field that begins on line ${begun} never ends.`, 'Close its double quote.');
      if (++size > LONGEST_ROW)
        throw new UsageError(`The row that begins on line ${begun} never ends.`, 'Put each row on a line of its own.');
      if (character === NEWLINE) line++;
      if (state === 'quoted') {
        if (character === QUOTE) state = 'closing';
        else field += character;
        continue;
      }
      if (state === 'closing' && character === QUOTE) {
        field += QUOTE;
        state = 'quoted';
      } else if (character === QUOTE && field === '' && state === 'bare') state = 'quoted';
      else if (character === separator || character === NEWLINE) {
        fields.push(field);
        field = '';
        state = 'bare';
        if (character === NEWLINE) {
          yield { fields, line: begun };
          [fields, begun, size] = [[], line, 0];
        }
      } else if (character !== RETURN) field += character;
    }
  }
  if (state === 'quoted')
    throw new UsageError(`A field that begins on line ${begun} never ends.`, 'Close its double quote.');
  if (field !== '' || fields.length > 0) yield { fields: [...fields, field], line: begun };
}

/** One line of CSV. */
export const csvLine = (fields: readonly (string | number | undefined)[]): string =>
  `${fields.map((field) => (/[",\n\r;]/.test(String(field ?? '')) ? `"${String(field).replaceAll('"', '""')}"` : (field ?? ''))).join(',')}\n`;
