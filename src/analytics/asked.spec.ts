import { questionFrom, type AnalyticsAsked } from './asked.js';

const NOW = new Date('2026-11-21T17:42:10.123Z');
const ask = (asked: AnalyticsAsked) => questionFrom(asked, NOW);

it('asks for the last seven days by provider, unless told otherwise', () => {
  expect(ask({})).toEqual({
    ...{ from: new Date('2026-11-14T17:00:00Z'), to: new Date('2026-11-21T18:00:00Z'), by: ['provider'] },
    only: { provider: null, country: null, template: null, variant: null, channel: null },
  });
});

it('takes days and times, whole hours of UTC, and what rows are to be of', () => {
  expect(
    ask({ from: '2026-11-01', to: '2026-11-02T01:30:00+02:00', by: 'country, day', country: 'de', variant: '' }),
  ).toEqual({
    ...{ from: new Date('2026-11-01T00:00:00Z'), to: new Date('2026-11-02T00:00:00Z'), by: ['country', 'day'] },
    only: { provider: null, country: 'DE', template: null, variant: '', channel: null },
  });
  expect(ask({ from: '2026-01-01', to: '2026-04-03' }).from).toEqual(new Date('2026-01-01T00:00:00Z'));
});

it.each<[string, AnalyticsAsked]>([
  ['no time', { from: 'yesterday' }],
  ['a number', { from: '1763740800000' }],
  ['a time without a zone', { from: '2026-11-20T00:00:00' }],
  ['a day that is none', { from: '2026-02-30' }],
  ['a month that is none', { to: '2026-13-01' }],
  ['from after to', { from: '2026-11-20', to: '2026-11-19' }],
  ['no time at all', { from: '2026-11-20', to: '2026-11-20' }],
  ['93 days', { from: '2026-01-01', to: '2026-04-04' }],
  ['all time', { from: '0001-01-01', to: '9999-12-31' }],
  ['an unknown dimension', { by: 'provider,phone' }],
  ['a column of ours', { by: 'latencies' }],
  ['SQL', { by: 'provider;DROP TABLE attempts' }],
  ['one twice', { by: 'provider,provider' }],
  ['none', { by: ',' }],
  ['a word that is none', { provider: "x' OR '1'='1" }],
])('refuses %s, and says how to mend it', (_, asked) => {
  expect(() => ask(asked)).toThrow(
    expect.objectContaining({ code: 'INVALID_REQUEST', hint: expect.stringMatching(/\w/) }),
  );
});
