import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { MOST_MESSAGES, OUTCOME_NAMES, SCENARIOS } from '../../src/inbox/index.js';

const page = readFileSync(join(process.cwd(), 'docs/inbox.md'), 'utf8');
const rows = [...page.matchAll(/^\| `(\+1500555[\dx]{4})` \| `(\w+)` \| (first|all) \|$/gm)];

it('lists every scenario number with its outcome, and no other', () => {
  const listed = rows.map(([, number, outcome, at]) => `${number} ${outcome} ${at}`);
  expect(listed.sort()).toEqual(SCENARIOS.map(({ number, outcome, at }) => `${number} ${outcome} ${at}`).sort());
});

it('lists every outcome', () => {
  const listed = [...page.matchAll(/^\| `([a-z_]+)` \| .+ \| .+ \|$/gm)].map(([, name]) => name);
  expect(listed.sort()).toEqual([...OUTCOME_NAMES].sort());
});

it('says how much is kept', () => {
  expect(page).toContain(`The newest ${MOST_MESSAGES.toLocaleString('en')} messages of a process`);
});
