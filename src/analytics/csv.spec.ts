import { csvCell, csvOf } from './csv.js';

const NOTHING = { sent: 0, delivered: 0, approved: 0, conversion: null, latencyP50Ms: null, latencyP95Ms: null };
const FREE = { ...NOTHING, costUsd: 0, costPerApprovalUsd: null };

it.each([
  ['twilio', 'twilio'],
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ['two\r\nlines', '"two\r\nlines"'],
  ['=1+1', `"'=1+1"`],
  ['+SUM(A1)', `"'+SUM(A1)"`],
  ['-2', `"'-2"`],
  ['@cmd', `"'@cmd"`],
  ['\t=1', `"'\t=1"`],
  [-2, '-2'],
  [0.5, '0.5'],
  [null, ''],
])('writes %j so that a spreadsheet reads it, and runs nothing', (value, cell) => {
  expect(csvCell(value)).toBe(cell);
});

it('has a line of names, and one for each row', () => {
  const rows = [{ provider: '=evil', country: 'US', ...FREE, sent: 2, conversion: 0.5, costUsd: 0.03 }];
  const report = { from: new Date(0), to: new Date(1), by: ['provider', 'country'] as const, countedAt: null, rows };
  expect(csvOf({ ...report, total: FREE, truncated: false }).split('\r\n')).toEqual([
    'provider,country,sent,delivered,approved,conversion,latencyP50Ms,latencyP95Ms,costUsd,costPerApprovalUsd',
    `"'=evil",US,2,0,0,0.5,,,0.03,`,
    '',
  ]);
});
