import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import { environment, PRICES_FILE, readPrices } from '../../config/index.js';
import {
  CHANNELS,
  dollars,
  PriceList,
  PriceListFault,
  priceName,
  pricesFromCsv,
  providerDefinitions,
} from '../../sms/index.js';
import { UsageError } from '../usage-error.js';

interface ImportOptions {
  readonly provider: string;
  readonly out?: string;
  readonly column?: string;
  readonly free?: boolean;
  readonly json?: true;
}
type Contents = Record<string, unknown>;

/** Every channel that a provider may carry. */
const PRICED = providerDefinitions.flatMap((definition) =>
  CHANNELS.filter((channel) => channel === 'sms' || 'missingFor' in definition).map((channel) => ({
    name: definition.name,
    channel,
  })),
);
const PAD = Math.max(...PRICED.map(({ name, channel }) => priceName(name, channel).length));

const ownFile = () => environment()['PRICES_FILE'] ?? PRICES_FILE;

export function show({ country, file, json }: { country?: string; file?: string; json?: true }): void {
  const { prices: list, faults } = readPrices(file ?? ownFile());
  if (!list)
    throw new UsageError(faults.map(({ problem }) => problem).join('\n'), faults.map(({ mend }) => mend).join(' '));
  if (json) {
    const priced = PRICED.map(({ name, channel }) => ({
      name: priceName(name, channel),
      usd: list.perSegment(name, country?.toUpperCase() ?? null, channel) / 1e6,
      isKnown: list.knows(name, channel),
    }));
    return console.log(JSON.stringify(priced, null, 2));
  }
  for (const { name, channel } of PRICED) {
    const price = dollars(list.perSegment(name, country?.toUpperCase() ?? null, channel));
    const known = list.knows(name, channel) ? '' : '  (no price is known: the worst case)';
    console.log(`${priceName(name, channel).padEnd(PAD)} ${price}${known}`);
  }
}

export function importPrices(file: string, { provider, out = ownFile(), json, ...options }: ImportOptions): void {
  const names = PRICED.map(({ name, channel }) => priceName(name, channel));
  if (!names.includes(provider))
    throw new UsageError(`"${provider}" is no provider.`, `--provider is one of ${names.join(', ')}.`);
  try {
    const { prices: imported, badLines } = pricesFromCsv(readFileSync(file, 'utf8'), options);
    for (const { line, why } of badLines) console.error(`line ${line} is left out: ${why}`);
    const count = Object.keys(imported).length;
    if (count === 0)
      throw new UsageError(`${file} has no price of any country; nothing is written.`, 'A line is like: GB,0.06');
    const text = existsSync(out) ? readFileSync(out, 'utf8') : '{}';
    PriceList.parse(text); // what is there must be right before it is written again
    const contents = JSON.parse(text) as Contents;
    const before = (contents[provider] ?? {}) as Contents;
    const merged = `${JSON.stringify({ ...contents, [provider]: { ...before, ...imported } }, null, 2)}\n`;
    PriceList.parse(merged);
    writeFileSync(out, merged);
    if (json) return console.log(JSON.stringify({ provider, countries: count, file: out, left: badLines }));
    console.log(`${count} countries of ${provider} are in ${out}; it is read at the next start`);
  } catch (error) {
    throw usageErrorOf(error);
  }
}

/** What is wrong with a file is the operator's to mend, not a bug. */
function usageErrorOf(error: unknown): unknown {
  if (error instanceof PriceListFault) return new UsageError(error.problem, error.mend);
  const { code, path } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && typeof path === 'string')
    return new UsageError(`${path} cannot be used: ${code}.`, 'Name a file that can be read, or written.');
  return error;
}
