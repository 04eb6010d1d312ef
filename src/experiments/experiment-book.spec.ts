import { randomUUID } from 'node:crypto';

import { systemClock } from '../kernel/index.js';
import { Database, DatabaseUnavailable } from '../prisma/index.js';
import type { Beginning } from '../verification/index.js';
import { ExperimentBook } from './experiment-book.js';

class OneExperiment extends Database {
  readonly outlivesUs = false;
  isDown = false;
  readonly row = {
    ...{ id: randomUUID(), template: 'verification', locale: null as string | null, winner: null as string | null },
    arms: [
      { name: 'control', weight: 50, stoppedAt: null },
      { name: 'short', weight: 50, stoppedAt: null },
    ],
  };

  query<Row extends object>(): Promise<Row[]> {
    return this.isDown ? Promise.reject(new DatabaseUnavailable(null)) : Promise.resolve([this.row as unknown as Row]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const database = new OneExperiment();
let now = 0;
const clock = { ...systemClock, monotonic: () => now };
const book = new ExperimentBook(database, clock, { watch: false });
const written: (string | null)[] = [];
const write = (languages: readonly string[], locale: string) => (variant: string | null) => {
  written.push(variant);
  const isThere = variant !== null && languages.includes(locale);
  return { body: '', locale, version: null, variant: isThere ? variant : null, segments: 1 };
};
const beginning = (more: Partial<Beginning> = {}): Beginning => ({
  ...{ id: randomUUID(), template: 'verification', channel: 'sms', locale: 'en', country: 'US', ...more },
});
const pick = (more: Partial<Beginning> = {}) => book.pick(beginning(more), write(['en'], more.locale ?? 'en'));
const picks = (more: Partial<Beginning> = {}) => new Set(Array.from({ length: 40 }, () => pick(more)));

beforeEach(async () => {
  database.isDown = false;
  Object.assign(database.row, { locale: null, winner: null });
  await book.refresh();
  written.length = 0;
});

it('deals both wordings, and looks whether they are there once a destination', () => {
  expect(picks()).toEqual(new Set(['control', 'short']));
  expect(written).toEqual([null, 'short']);
});

it('leaves out other templates, calls, WhatsApp, and languages without the wording', () => {
  expect(pick({ template: 'welcome' })).toBeNull();
  expect(pick({ channel: 'voice' })).toBeNull();
  expect(pick({ channel: 'whatsapp' })).toBeNull();
  expect(picks({ locale: 'fr' })).toEqual(new Set([null]));
});

it.each([
  ['en', 'en', true],
  ['en', 'en-GB', true],
  ['en-GB', 'en', false],
  ['e', 'en', false],
])('about %s: a text in %s takes part: %s', async (locale, asked, takesPart) => {
  database.row.locale = locale;
  await book.refresh();
  const picked = book.pick(beginning({ locale: asked }), write([asked], asked));
  expect(picked !== null).toBe(takesPart);
});

it('gives the winner to everybody, where it is applied', async () => {
  database.row.winner = 'short';
  await book.refresh();
  expect(picks()).toEqual(new Set(['short']));
});

it('tries nothing by what it knew ten seconds ago: elsewhere that may be over', async () => {
  database.isDown = true;
  await expect(book.refresh()).rejects.toThrow(DatabaseUnavailable);
  now += 9_999;
  expect(pick()).not.toBeNull();
  now += 2;
  expect(picks()).toEqual(new Set([null]));
  database.isDown = false;
  await book.refresh();
  expect(pick()).not.toBeNull();
});
