import { readConfig } from './read-config.js';
import { isGuessedFirst } from './test-numbers.js';

const read = (env: Record<string, string>) => readConfig({ NODE_ENV: 'test', APP_SECRET: 'x'.repeat(40), ...env });
const NOW = Date.parse('2026-11-21T00:00:00Z');

describe('test numbers', () => {
  it('are read by the line that they are, with their end', () => {
    const { testNumbers } = read({
      TEST_NUMBERS: '+15005550006=493817, +1 202 555 0110=118822',
      TEST_NUMBERS_VALID_UNTIL: '2099-01-01T00:00:00Z',
    });
    const codes = { '+15005550006': '493817', '+12025550110': '118822' };
    expect(testNumbers).toEqual({ codes, validUntil: Date.parse('2099-01-01T00:00:00Z') });
    expect(read({}).testNumbers).toBeUndefined();
  });

  it.each([
    ['+15005550006', 'item 1 is not written as NUMBER=CODE'],
    ['+15005550006=493817,+15005550007=4938', 'item 2 has no code of 6 digits'],
    ['+99999999999=493817', 'item 1 is no phone number'],
    ['+15005550006=493817,+15005550006=493817', 'names +******0006 twice'],
  ])('are refused: %s', (text, fault) => {
    let said = '';
    try {
      read({ TEST_NUMBERS: text });
    } catch (error) {
      said = String(error);
    }
    expect(said).toContain(fault);
    expect(said).not.toMatch(/4938(?!17, several)/);
  });

  it.each(['2026-W50', '2026-345', '2027-02-30T00:00:00Z', 'soon', '2027-01-31 00:00:00'])(
    'do not start with an end at %s',
    (text) => {
      const env = { TEST_NUMBERS: '+15005550006=493817', TEST_NUMBERS_VALID_UNTIL: text };
      expect(() => read(env)).toThrow('TEST_NUMBERS_VALID_UNTIL: must be a time as of RFC 3339');
    },
  );

  it('are warned of, without a code and without a whole number', () => {
    const { warnings } = read({ TEST_NUMBERS: '+15005550006=493817,+14155552671=118822' });
    const said = warnings.join('\n');
    expect(said).toContain('+******0006, +******2671 logs in with it, without an end');
    expect(said).toContain("+******2671, which may be a person's");
    expect(said).not.toMatch(/493817|118822|5005550006/);
    const over = { TEST_NUMBERS: '+15005550006=493817', TEST_NUMBERS_VALID_UNTIL: new Date(NOW - 1).toISOString() };
    expect(read(over).warnings.join()).toContain('like any other again');
  });

  it.each(['123456', '987654', '000000', '121212', '901234', '1357913'.slice(0, 6)])('%s is guessed first', (code) =>
    expect(isGuessedFirst(code)).toBe(true),
  );
  it.each(['493817', '118822', '902817'])('%s is not', (code) => expect(isGuessedFirst(code)).toBe(false));
});
