import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import type { Command } from 'commander';

import { environment, PRICES_FILE, readPrices } from '../../config/index.js';
import { dollars, PriceList, pricesFromCsv, providerDefinitions } from '../../sms/index.js';

type Contents = Record<string, unknown>;

const ownFile = () => environment()['PRICES_FILE'] ?? PRICES_FILE;

export function pricesCommand(program: Command): void {
  const prices = program.command('prices').description('what texts cost, by provider and country');

  prices
    .command('show')
    .description('the price of a segment, as it is counted')
    .option('--country <code>', 'two letters; without it, of every other country')
    .option('--file <file>', 'instead of PRICES_FILE')
    .action(({ country, file }: { country?: string; file?: string }) => {
      const { prices: list, faults } = readPrices(file ?? ownFile());
      if (!list) throw new Error(faults.map(({ problem, mend }) => `${problem} ${mend}`).join('\n'));
      for (const { name } of providerDefinitions) {
        const price = dollars(list.perSegment(name, country?.toUpperCase() ?? null));
        console.log(`${name.padEnd(10)} ${price}${list.knows(name) ? '' : '  (no price is known: the worst case)'}`);
      }
    });

  prices
    .command('import')
    .description("put a provider's price list into prices.json; the columns are found by their names")
    .argument('<file>', 'CSV, with a column of countries (ISO) and one of prices in dollars')
    .option('--provider <name>', 'whose prices they are', 'twilio')
    .option('--out <file>', 'what to write; what else is in it stays', ownFile())
    .action((file: string, { provider, out }: { provider: string; out: string }) => {
      const { prices: imported, badLines } = pricesFromCsv(readFileSync(file, 'utf8'));
      for (const { line, why } of badLines) console.error(`line ${line} is left out: ${why}`);
      const text = existsSync(out) ? readFileSync(out, 'utf8') : '{}';
      PriceList.parse(text); // what is there must be right before it is written again
      const contents = JSON.parse(text) as Contents;
      const before = (contents[provider] ?? {}) as Contents;
      const merged = `${JSON.stringify({ ...contents, [provider]: { ...before, ...imported } }, null, 2)}\n`;
      PriceList.parse(merged);
      writeFileSync(out, merged);
      console.log(
        `${Object.keys(imported).length} countries of ${provider} are in ${out}; it is read at the next start`,
      );
    });
}
