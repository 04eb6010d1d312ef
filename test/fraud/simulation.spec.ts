import { readFileSync, writeFileSync } from 'node:fs';

import { ATTACKS, simulate, type Row } from './simulate.js';

const named = (name: string) => ATTACKS.find((attack) => attack.name.startsWith(name))!;

describe('the budgets against an attack', () => {
  it.each([
    ['sequential', 60],
    ['random in one block', 10],
    ['random in a range of 1 M, 1/s', 30],
    ['slow', 150],
    ['random over 10 M', 500],
  ])('let few texts out: %s', (name, most) => {
    const row = simulate(named(name), 2_000, 1, 2);
    expect(row.attempts).toBeGreaterThan(1_000);
    expect(row.sent).toBeLessThanOrEqual(most);
    expect(row.sent).toBeGreaterThan(0);
    expect(row.denied).toBeLessThanOrEqual(0.001);
  });

  it('leave honest traffic alone', () => {
    for (const honest of [100, 2_000]) {
      const row = simulate(undefined, honest, 1);
      expect([row.denied <= 0.001, row.challenged <= 0.01]).toEqual([true, true]);
    }
  });
});

/** `npm run fraud:simulate` writes the table. */
(process.env.FRAUD_SIMULATE ? it : it.skip)(
  'writes docs/fraud.md',
  () => {
    const rows = [100, 2_000, 20_000].map((honest) => simulate(undefined, honest, 1));
    rows.push(...ATTACKS.map((attack) => simulate(attack, 2_000, 1)));
    const file = 'docs/fraud.md';
    const text = readFileSync(file, 'utf8');
    const [before, after] = [text.split('<!-- simulation -->')[0], text.split('<!-- /simulation -->')[1]];
    writeFileSync(file, `${before}<!-- simulation -->\n\n${table(rows)}\n\n<!-- /simulation -->${after}`);
  },
  300_000,
);

const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
const table = (rows: readonly Row[]) =>
  [
    '| attack | honest a day | attempts | texts sent | in the first hour | honest denied | honest challenged |',
    '| --- | --: | --: | --: | --: | --: | --: |',
    ...rows.map(
      (row) =>
        `| ${row.attack} | ${row.honestADay} | ${row.attempts} | ${row.sent} | ${row.firstHour} | ${percent(row.denied)} | ${percent(row.challenged)} |`,
    ),
  ].join('\n');
