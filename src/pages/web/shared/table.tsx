import type { ComponentChildren } from 'preact';

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly isNumber?: boolean;
  /** The row's name: what a screen reader says before its other cells. */
  readonly isName?: boolean;
}

interface TableProps<Row> {
  /** What it is a table of; shown only where nothing else says it. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row, index: number) => string;
  readonly empty: ComponentChildren;
}

/** On a narrow screen each row is a block of its own; the roles keep it a table for who cannot see it. */
export function Table<Row>({ caption, columns, rows, keyOf, empty }: TableProps<Row>) {
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  return (
    <table role="table">
      <caption class="hidden">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ head, isNumber }) => (
            <th key={head} scope="col" role="columnheader" class={isNumber ? 'num' : undefined}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row, index) => (
          <tr key={keyOf(row, index)} role="row">
            {columns.map(({ head, cell, isNumber, isName }) => {
              const Cell = isName ? 'th' : 'td';
              return (
                <Cell
                  key={head}
                  data-label={head}
                  class={isNumber ? 'num' : undefined}
                  role={isName ? 'rowheader' : 'cell'}
                  scope={isName ? 'row' : undefined}
                >
                  <span>{cell(row)}</span>
                </Cell>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
