/** As many as one statement takes. */
export const MOST_TOGETHER = 16;

/** What a statement is given of one of many: its columns, and `n`, by which its answer is known. */
export type SqlColumns<Record extends object> = { readonly [Column in keyof Record]: string };

/**
 * SQL of the records in a parameter that {@link recordsIn} made. The planner takes them for one, as it does not know what is between
 * two numbers; else it would read a table whole for them, if it was small when the plan was made.
 * @param columns SQL type of each @param order of the rows, as they are to be locked
 */
export const recordsOf = <Record extends object>(
  parameter: string,
  columns: SqlColumns<Record>,
  order: keyof Record & string,
): string =>
  `(SELECT * FROM json_to_recordset(:${parameter}::json) AS record(n int, ${Object.entries(columns)
    .map((column) => column.join(' '))
    .join(', ')}) WHERE n BETWEEN 0 AND ${MOST_TOGETHER - 1} ORDER BY ${order}, n) AS given`;

/** One parameter for all of them: cheaper than an array a column, for us and for PostgreSQL. */
export const recordsIn = (records: readonly object[]): string =>
  JSON.stringify(
    records.map((record, n) => {
      const row: { [column: string]: unknown } = { n };
      for (const [column, value] of Object.entries(record)) row[column] = asText(value);
      return row;
    }),
  );

function asText(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed(); // half a surrogate pair is no JSON to PostgreSQL
  if (value instanceof Uint8Array)
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')}`;
  return Array.isArray(value) ? value.map(asText) : value;
}
