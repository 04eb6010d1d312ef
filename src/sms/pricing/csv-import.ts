/** What a provider's CSV says, and the lines that say nothing. */
export interface ImportedPrices {
  /** Dollars a segment by country: the dearest, where a country has several networks. */
  readonly prices: Readonly<Record<string, number>>;
  readonly badLines: readonly { readonly line: number; readonly why: string }[];
}

/** Header names, as Twilio, AWS and people write them. */
const COUNTRY = ['iso', 'isocountry', 'countrycode', 'countryisocode', 'isocode', 'country'];
const PRICE = [
  'price',
  'priceusd',
  'pricepersegment',
  'pricepermessage',
  'pricemsg',
  'outboundprice',
  'usd',
  'transactionalprice',
  'rate',
  'cost',
];

/** @throws {Error} when no header names a country and a price */
export function pricesFromCsv(text: string): ImportedPrices {
  const rows = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((content, index) => ({ line: index + 1, cells: cellsOf(content) }))
    .filter(({ cells }) => cells.some(Boolean));
  const header = rows.findIndex(({ cells }) => columnOf(cells, COUNTRY) >= 0 && priceColumnOf(cells) >= 0);
  const columns = rows[header]?.cells;
  if (!columns) throw new Error('No line names its columns: one must be a country (ISO), and one a price.');
  const [country, price] = [columnOf(columns, COUNTRY), priceColumnOf(columns)];
  const prices: Record<string, number> = {};
  const badLines: { line: number; why: string }[] = [];
  for (const { line, cells } of rows.slice(header + 1)) {
    const code = (cells[country] ?? '').toUpperCase();
    const amount = (cells[price] ?? '').replace(/^\$|\s*USD$/gi, '').trim();
    if (!/^[A-Z]{2}$/.test(code)) badLines.push({ line, why: `"${code.slice(0, 20)}" is no country of two letters` });
    else if (!/^\d+(\.\d+)?$/.test(amount) || Number(amount) > 10)
      badLines.push({ line, why: 'its price is no number of dollars' });
    else prices[code] = Math.max(prices[code] ?? 0, Number(amount));
  }
  return { prices, badLines };
}

const nameOf = (cell: string) => cell.toLowerCase().replace(/\(.*?\)|[^a-z]/g, '');
const columnOf = (cells: readonly string[], names: readonly string[]) => {
  const found = names.map((name) => cells.findIndex((cell) => nameOf(cell) === name)).filter((index) => index >= 0);
  return found[0] ?? -1;
};
const priceColumnOf = (cells: readonly string[]) => {
  const exact = columnOf(cells, PRICE);
  return exact >= 0 ? exact : cells.findIndex((cell) => /price|rate/.test(nameOf(cell)));
};

/** Commas or semicolons; quotes as everybody writes them. */
function cellsOf(line: string): string[] {
  const separator = line.includes(',') ? ',' : ';';
  const cells: string[] = [];
  let [cell, isQuoted] = ['', false];
  for (let index = 0; index < line.length; index++) {
    const character = line[index]!;
    if (character === '"' && isQuoted && line[index + 1] === '"') [cell, index] = [`${cell}"`, index + 1];
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === separator && !isQuoted) [cells[cells.length], cell] = [cell.trim(), ''];
    else cell += character;
  }
  return [...cells, cell.trim()];
}
