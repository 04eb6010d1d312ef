import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DEFAULT_POLICY } from '../fraud/index.js';
import { policyOf } from './policy-file.js';
import { UsageError } from './usage-error.js';

const folder = mkdtempSync(join(tmpdir(), 'sixdigit-policy-'));
const file = join(folder, 'policy.json');
afterAll(() => rmSync(folder, { recursive: true }));
const read = (text: string) => {
  writeFileSync(file, text);
  return policyOf(file);
};

it('is that of the program but for what the file says, however deep', () => {
  expect(policyOf(undefined)).toEqual(DEFAULT_POLICY);
  expect(read('{}')).toEqual(DEFAULT_POLICY);
  const { levels, breaker } = DEFAULT_POLICY;
  expect(read('{"levels": {"b4": {"cap": 20}}, "theta": 0.3, "breaker": {"mature": 5}}')).toEqual({
    ...DEFAULT_POLICY,
    levels: { ...levels, b4: { ...levels.b4, cap: 20 } },
    theta: 0.3,
    breaker: { ...breaker, mature: 5 },
  });
});

it.each([
  ['{"levels": {"b4": {"cap": 20', 'not JSON'],
  ['[]', 'must be an object'],
  ['{"levels": 3}', 'levels must be an object'],
  ['{"levels": {"b9": {"cap": 20}}}', '"levels.b9" is not known; there is cc, rng, b4, b3, b2'],
  ['{"levels": {"b4": {"max": 20}}}', '"levels.b4.max" is not known'],
  ['{"toString": 1}', '"toString" is not known'],
  ['{"__proto__": {"theta": 1}}', '"__proto__" is not known'],
  ['{"theta": "0.3"}', 'theta must be a number above 0'],
  ['{"theta": 0}', 'theta must be a number above 0'],
  ['{"theta": 1e999}', 'theta must be a number above 0'],
  ['{"levels": {"b4": {"cap": -1}}}', 'levels.b4.cap must be a number above 0'],
  ['{"breaker": {"below": null}}', 'breaker.below must be a number above 0'],
])('refuses %s, and says where', (text, fault) => {
  expect(() => read(text)).toThrow(UsageError);
  expect(() => read(text)).toThrow(fault);
  expect(() => read(text)).toThrow(file);
});

it('says which file it cannot read', () => {
  expect(() => policyOf(join(folder, 'none.json'))).toThrow(/none\.json: it cannot be read \(ENOENT\)/);
});
