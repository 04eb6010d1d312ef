import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const SRC = resolve(__dirname, '../../src');

it('no two shapes of the contract have one name: the later would stand for both', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.dto.ts'));
  const names = files.flatMap((path) =>
    [...readFileSync(join(SRC, path), 'utf8').matchAll(/^export (?:abstract )?class (\w+Dto)\b/gm)].map(
      ([, name]) => name!,
    ),
  );
  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name, index) => names.indexOf(name) < index)).toEqual([]);
});
