import { soundly, type ExperimentAsked } from './asked.js';

const GOOD: ExperimentAsked = {
  template: 'verification',
  variants: [
    { name: 'control', weight: 50 },
    { name: 'short', weight: 50 },
  ],
};
const two = (name: unknown, weight: unknown) => ({
  variants: [
    { name: 'control', weight: 50 },
    { name, weight },
  ],
});

it('takes what is right, with what was not said', () => {
  expect(soundly(GOOD)).toEqual({
    ...{ template: 'verification', locale: null, arms: GOOD.variants },
    ...{ alpha: 0.05, minimumSample: 500, rule: 'stop-losers' },
  });
});

it('writes the language as its texts do', () => {
  expect(soundly({ ...GOOD, locale: 'pt-br' }).locale).toBe('pt-BR');
});

it.each<[string, Partial<ExperimentAsked>, RegExp]>([
  ['a tag that is none', { locale: 'en-a-b' }, /language tag/],
  ['a template that brings no codes', { template: 'welcome' }, /judged by approvals/],
  ['no language', { locale: 'english, please' }, /language tag/],
  ['one variant', { variants: [{ name: 'control', weight: 100 }] }, /2 to 5/],
  ['six variants', { variants: Array.from({ length: 6 }, (_, n) => ({ name: `v${n}`, weight: 16 })) }, /2 to 5/],
  [
    'no control',
    {
      variants: [
        { name: 'a', weight: 50 },
        { name: 'b', weight: 50 },
      ],
    },
    /"control" is missing/,
  ],
  ['two of a name', two('control', 50), /one name/],
  ['weights of 99', two('short', 49), /add up/],
  ['a weight of 0', two('short', 0), /whole number/],
  ['a negative weight', two('short', -50), /whole number/],
  ['half a percent', two('short', 49.5), /whole number/],
  ['no number', two('short', '50'), /whole number/],
  ['no finite number', two('short', Infinity), /whole number/],
  ['an odd name', two('../../etc', 50), /a-z 0-9/],
  ['a name with a capital', two('Short', 50), /a-z 0-9/],
  ['a name of a phone', two('+14155552671', 50), /a-z 0-9/],
  ['no name', two(undefined, 50), /a-z 0-9/],
  ['no object', { variants: ['control', 'short'] }, /nothing else/],
  ['a list', { variants: [[], []] }, /nothing else/],
  ['null', { variants: [null, null] }, /nothing else/],
  ['more than name and weight', { variants: [{ name: 'control', weight: 50, text: '1' }, {}] }, /nothing else/],
  ['an alpha of 0', { alpha: 0 }, /0.001/],
  ['an alpha that is none', { alpha: NaN }, /0.001/],
  ['a minimum that is too small for the test', { minimumSample: 99 }, /from 100/],
  ['a rule that is none', { rule: 'guess' }, /stop-losers/],
])('refuses %s, and says how to mend it', (_, wrong, message) => {
  const refused = () => soundly({ ...GOOD, ...wrong });
  expect(refused).toThrow(message);
  expect(refused).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST', hint: expect.stringMatching(/\w/) }));
});
