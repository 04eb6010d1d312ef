import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

import { UsageError } from '../usage-error.js';
import { readCsv, type CsvRow } from './csv.js';

export interface RowOptions {
  readonly csv: string;
  readonly to?: string;
  readonly ref?: string;
  readonly template?: string;
  readonly body?: string;
  /** `variable=column`. */
  readonly map?: readonly string[];
  readonly locale?: string;
  readonly channel?: string;
}

export interface OutgoingRow {
  readonly ref: string;
  readonly to: string;
  readonly [member: string]: unknown;
}

const PHONE_COLUMNS = ['to', 'phone', 'number', 'mobile'];

/** What each line of the file is as a row of a batch; a line without a ref of its own is known by where it stands. */
export async function* rowsOf(options: RowOptions): AsyncIterable<OutgoingRow> {
  const { csv, template, body, locale, channel } = options;
  if ((template === undefined) === (body === undefined))
    throw new UsageError('Say what to send.', 'Give --template NAME, or --body "Hello {name}".');
  const pairs = (options.map ?? []).map((pair) => pair.split('='));
  if (pairs.some((pair) => pair.length !== 2 || pair.includes('')))
    throw new UsageError('--map takes variable=column.', 'Write it like --map code=order_number name=first_name');
  let number = 0;
  for await (const { row } of readCsv(textOf(csv))) {
    number++;
    const toColumn = columnOf(
      row,
      options.to ?? PHONE_COLUMNS.find((name) => Object.hasOwn(row, name)),
      '--to',
      'the phone',
    );
    const ref = options.ref === undefined ? String(number) : row[columnOf(row, options.ref, '--ref', 'the ref')]!;
    const what: Record<string, unknown> =
      template !== undefined
        ? {
            template,
            variables: Object.fromEntries<string>(
              pairs.map(([name, column]) => [name!, row[columnOf(row, column, '--map', 'a variable')]!] as const),
            ),
          }
        : {
            body: body!.replace(
              /\{([^{}]+)\}/g,
              (_, column: string) => row[columnOf(row, column, '--body', 'a part of the text')]!,
            ),
          };
    yield { ref, to: row[toColumn]!, ...what, ...(locale && { locale }), ...(channel && { channel }) };
  }
}

/** Whoever is called José is not to be written to as Jos\ufffd. @throws {UsageError} */
async function* textOf(csv: string): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const bytes of createReadStream(csv) as AsyncIterable<Buffer>)
      yield decoder.decode(bytes, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    throw new UsageError(
      `${csv} is not written in UTF-8.`,
      'Save it as "CSV UTF-8", or convert it, such as: iconv -f WINDOWS-1252 -t UTF-8 FILE',
    );
  }
}

function columnOf(row: CsvRow, column: string | undefined, option: string, what: string): string {
  if (column !== undefined && Object.hasOwn(row, column)) return column;
  const names = Object.keys(row).join(', ');
  throw new UsageError(
    `${option}: there is no column for ${what}${column ? `: ${column}` : ''}.`,
    `The file has ${names}.`,
  );
}

/** Of the file's content and of what is asked of it: the same again is the same batch, and goes on with it. */
export async function batchIdOf(options: RowOptions, name: string | undefined): Promise<string> {
  const { csv, ...rest } = options;
  const hash = createHash('sha256').update(
    JSON.stringify([rest.template, rest.body, rest.map, rest.to, rest.ref, rest.locale, rest.channel, name]),
  );
  for await (const chunk of createReadStream(csv) as AsyncIterable<Buffer>) hash.update(chunk);
  const hex = hash.digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
