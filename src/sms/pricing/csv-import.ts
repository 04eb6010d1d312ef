import { isSupportedCountry } from 'libphonenumber-js/max';

import { PriceListFault } from './price-list.js';

/** What a provider's CSV says, and the lines that say nothing. */
export interface ImportedPrices {
  /** Dollars a segment by country: the dearest, where a country has several networks. */
  readonly prices: Readonly<Record<string, number>>;
  readonly badLines: readonly { readonly line: number; readonly why: string }[];
}

export interface CsvOptions {
  /** The name of the column of prices, where several look like one. */
  readonly column?: string;
  /** A price of 0 is meant. */
  readonly free?: boolean;
}

interface Table {
  readonly separator: string;
  readonly header: number;
  readonly names: readonly string[];
  readonly country: number;
  readonly prices: readonly number[];
}

/** Header names, as Twilio, AWS and people write them. */
const COUNTRY = ['iso', 'isocountry', 'countrycode', 'countryisocode', 'isocode', 'country'];
const LIKE_A_PRICE = /price|cost|\brates?\b|^usd$/i;
/** Prices of something else than a text that is sent. */
const ANOTHER = /inbound|incoming|receiv|month|annual|year|call|voice|minute|setup|currency/i;
const CURRENCY = /currency/i;
const NO_DOLLARS = /\b(?:eur|gbp|cad|aud|nzd|inr|jpy|chf|sek|nok|dkk|brl|mxn|sgd|cents?)\b|[€£¥]/i;
const SEPARATORS = [',', ';', '\t'];
const DEAREST_USD = 10;

/** @throws {PriceListFault} when it is not beyond doubt which column is the price of a text, in dollars */
export function pricesFromCsv(text: string, { column, free = false }: CsvOptions = {}): ImportedPrices {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const { separator, header, names, country, prices: found } = tableIn(lines, column);
  const [price = -1] = found;
  const name = names[price] ?? '';
  if (found.length > 1)
    throw new PriceListFault(
      `line ${header + 1}: several columns may be the price: ${found.map((index) => `"${names[index]}"`).join(', ')}.`,
      `Say which, like --column "${name}".`,
    );
  if (NO_DOLLARS.test(name))
    throw new PriceListFault(`line ${header + 1}: "${name}" is not in dollars.`, 'Prices are counted in US dollars.');
  const currency = names.findIndex((each) => CURRENCY.test(each));
  const prices: Record<string, number> = {};
  const lineOf: Record<string, number> = {};
  const badLines: { line: number; why: string }[] = [];
  for (const [index, content] of lines.entries()) {
    const cells = cellsOf(content, separator);
    if (index <= header || !cells.some(Boolean)) continue;
    const line = index + 1;
    const coin = cells[currency] ?? '';
    if (coin && coin.toUpperCase() !== 'USD')
      throw new PriceListFault(
        `line ${line}: its currency is ${coin.slice(0, 20)}.`,
        'Prices are counted in US dollars.',
      );
    const code = (cells[country] ?? '').toUpperCase();
    const amount = amountIn(cells[price] ?? '', separator);
    if (!/^[A-Z]{2}$/.test(code)) badLines.push({ line, why: `"${code.slice(0, 20)}" is no country of two letters` });
    else if (!isSupportedCountry(code))
      badLines.push({
        line,
        why: `"${code}" is no country with numbers (ISO 3166-1)${code === 'UK' ? '; GB is' : ''}`,
      });
    else if (amount === undefined) badLines.push({ line, why: 'its price is no number of dollars' });
    else [prices[code], lineOf[code]] = [Math.max(prices[code] ?? 0, amount), line];
  }
  const [nothing] = Object.keys(prices).filter((code) => prices[code] === 0);
  if (nothing !== undefined && !free)
    throw new PriceListFault(
      `line ${lineOf[nothing]}: the price of ${nothing} is 0, which no limit of costs would count.`,
      'Mend it, or say --free if texts there cost nothing.',
    );
  return { prices, badLines };
}

/** The first line that names a country and a price, by the separator that makes most of it. */
function tableIn(lines: readonly string[], column: string | undefined): Table {
  for (const [header, content] of lines.entries()) {
    const [best] = SEPARATORS.map((separator) => ({ separator, names: cellsOf(content, separator) })).sort(
      (a, b) => b.names.length - a.names.length,
    );
    if (!best) continue;
    const country = countryIn(best.names);
    const prices = [...best.names.keys()].filter((index) => index !== country && isPrice(best.names[index]!, column));
    if (country >= 0 && prices.length > 0) return { ...best, header, country, prices };
  }
  throw new PriceListFault(
    column === undefined
      ? 'No line names its columns: one must be a country (ISO), and one a price.'
      : `No line names a country (ISO) and a column "${column}".`,
    'The first line may be: ISO,Price',
  );
}

const isPrice = (name: string, column: string | undefined) =>
  column === undefined
    ? LIKE_A_PRICE.test(name) && !ANOTHER.test(name)
    : name.toLowerCase() === column.trim().toLowerCase();
const nameOf = (cell: string) => cell.toLowerCase().replace(/\(.*?\)|[^a-z]/g, '');
const countryIn = (cells: readonly string[]) =>
  COUNTRY.map((name) => cells.findIndex((cell) => nameOf(cell) === name)).find((index) => index >= 0) ?? -1;

/** Dollars; a decimal comma where commas separate nothing. */
function amountIn(cell: string, separator: string): number | undefined {
  const bare = cell.replace(/^\$|\s*USD$/gi, '').trim();
  const amount = separator === ',' ? bare : bare.replace(/^(\d+),(\d+)$/, '$1.$2');
  return /^\d+(\.\d+)?$/.test(amount) && Number(amount) <= DEAREST_USD ? Number(amount) : undefined;
}

/** Quotes as everybody writes them. */
function cellsOf(line: string, separator: string): string[] {
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
