import { Minutes, MINUTES } from './minutes.js';

const at = (minute: number, secs = 0) => new Date((minute * 60 + secs) * 1_000);
const row = (minute: number, accepted: number) => ({ at: at(minute), accepted, failed: 0 });

describe('Minutes', () => {
  it('reads the hour once, then what may still change', () => {
    const minutes = new Minutes();
    expect(minutes.toRead(at(1_000).getTime())).toBe(MINUTES);
    const hour = minutes.take([row(941, 1), row(999, 2), row(1_000, 3)], MINUTES, at(1_000, 5));
    expect(hour).toHaveLength(60);
    expect([hour[0], hour.at(-2), hour.at(-1)].map((minute) => minute?.accepted)).toEqual([1, 2, 3]);
    expect(minutes.toRead(at(1_000, 6).getTime())).toBe(3);
    const later = minutes.take([row(999, 5), row(1_001, 1)], minutes.toRead(at(1_001).getTime()), at(1_001));
    // What was read again and is no more there is gone; what is an hour old, too.
    expect([later[0], later.at(-3), later.at(-2), later.at(-1)].map((minute) => minute?.accepted)).toEqual([
      0, 5, 0, 1,
    ]);
    expect(later.map((minute) => minute.at.getTime())).toEqual(
      Array.from({ length: 60 }, (_, index) => at(942 + index).getTime()),
    );
  });

  it('reads all that it missed while nobody looked', () => {
    const minutes = new Minutes();
    minutes.take([], MINUTES, at(1_000));
    expect(minutes.toRead(at(1_010).getTime())).toBe(13);
    expect(minutes.toRead(at(9_000).getTime())).toBe(MINUTES);
  });
});
