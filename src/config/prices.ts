import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { PriceList, PriceListFault } from '../sms/index.js';
import type { ConfigFault } from './config-refusal.js';

/** The one that comes along. */
export const PRICES_FILE = resolve(dirname(fileURLToPath(import.meta.url)), '../../prices.json');

/** The price list, or why there is none. */
export function readPrices(file = PRICES_FILE): {
  readonly prices?: PriceList;
  readonly faults: readonly ConfigFault[];
} {
  try {
    return { prices: PriceList.parse(readFileSync(file, 'utf8')), faults: [] };
  } catch (error) {
    const { code } = error as { code?: string };
    if (error instanceof PriceListFault) {
      return { faults: [{ name: 'PRICES_FILE', problem: `${file}, ${error.problem}`, mend: error.mend }] };
    }
    const problem = `${file} cannot be read (${code ?? 'unknown'}).`;
    return { faults: [{ name: 'PRICES_FILE', problem, mend: 'Name a file that this user may read, or unset it.' }] };
  }
}
