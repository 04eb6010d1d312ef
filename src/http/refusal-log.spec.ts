import { RefusalLog } from './refusal-log.js';

describe('RefusalLog', () => {
  let now: number;
  let log: RefusalLog;
  beforeEach(() => {
    now = 1_000;
    log = new RefusalLog(() => now);
  });

  it('says the first of a kind at once, and where it came from', () => {
    expect(log.note('GET /a: UNAUTHORIZED', '203.0.113.0/24')).toEqual(['GET /a: UNAUTHORIZED (from 203.0.113.0/24)']);
    expect(log.note('GET /b: UNAUTHORIZED', '203.0.113.0/24')).toEqual(['GET /b: UNAUTHORIZED (from 203.0.113.0/24)']);
  });

  it('says no more than two lines a minute, however many are refused, and loses none of them', () => {
    const lines: string[] = [];
    for (let refused = 0; refused < 60_000; refused++) {
      lines.push(...log.note('GET /a: UNAUTHORIZED', 'x'));
      now += 10;
    }
    expect(lines.length).toBeLessThanOrEqual(2 * 10);
    now += 60_000;
    lines.push(...log.note('GET /b: UNAUTHORIZED', 'x'));
    const own = lines.filter((line) => line.startsWith('GET /a'));
    const counted = own.map((line) => Number(/and (\d+) more/.exec(line)?.[1] ?? 1));
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(60_000);
  });

  it('tells the number of those before at the next refusal of any kind, and keeps nothing of them', () => {
    log.note('a', 'x');
    log.note('a', 'x');
    log.note('a', 'x');
    now += 61_000;
    expect(log.note('b', 'y')).toEqual(['a (and 2 more in the 61 s after it)', 'b (from y)']);
    now += 61_000;
    expect(log.note('b', 'y')).toEqual(['b (from y)']);
  });
});
