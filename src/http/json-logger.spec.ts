import { Writable } from 'node:stream';

import { JsonLogger } from './json-logger.js';

/** The lines that `write` made, as whoever collects stdout sees them. */
function linesOf(write: (logger: JsonLogger) => void): string[] {
  let text = '';
  const sink = new Writable({ write: (chunk, _, done) => ((text += String(chunk)), done()) });
  write(new JsonLogger('trace', sink));
  expect(text.endsWith('\n')).toBe(true);
  return text.slice(0, -1).split('\n');
}

describe('JsonLogger', () => {
  it.each([
    ['a line that looks like ours', 'zebra\n{"level":"info","msg":"session opened"}'],
    ['carriage returns', 'zebra\r\nzebra\u0085\u2028\u2029'],
    ['quotes and backslashes', '"},{\\"level\\":\\"fatal\\"'],
    ['control characters of a terminal', '\u001b[2J\u001b]0;zebra\u0007'],
    ['formats', '%s %d %o %j'],
  ])('writes one line of JSON, whatever it is told: %s', (_, told) => {
    const lines = linesOf((logger) => logger.warn(told, told));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toEqual({ level: 'warn', time: expect.any(String), context: told, msg: told });
    expect(lines[0]).not.toMatch(/[\u0000-\u001f]/);
  });

  it('says when, in UTC', () => {
    const [line = ''] = linesOf((logger) => logger.log('zebra'));
    const { time } = JSON.parse(line) as { time: string };
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
  });

  it('names an error, and keeps its fields to itself', () => {
    const [line = ''] = linesOf((logger) => logger.error(Object.assign(new TypeError('zebra'), { secret: 'lion' })));
    expect(line).toContain('TypeError: zebra');
    expect(line).not.toContain('lion');
  });
});
