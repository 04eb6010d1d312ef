import type { Command } from 'commander';

import { actionsIn } from '../actions-in.js';

const action = actionsIn(() => import('../actions/prices.js'));

export function pricesCommand(program: Command): void {
  const prices = program.command('prices').description('what texts cost, by provider and country');

  prices
    .command('show')
    .description('the price of a segment, as it is counted')
    .option('--country <code>', 'two letters; without it, of every other country')
    .option('--file <file>', 'instead of PRICES_FILE')
    .option('--json', 'for programs')
    .action(action('show'));

  prices
    .command('import')
    .description("put a provider's price list into prices.json; the columns are found by their names")
    .argument('<file>', 'CSV, with a column of countries (ISO) and one of prices in dollars')
    .option('--provider <name>', 'whose prices they are', 'twilio')
    .option('--column <name>', 'which column is the price, where several may be')
    .option('--free', 'a price of 0 is meant')
    .option('--out <file>', 'what to write, instead of PRICES_FILE; what else is in it stays')
    .option('--json', 'for programs')
    .action(action('importPrices'));
}
