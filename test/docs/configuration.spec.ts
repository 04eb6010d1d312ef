import { readFileSync, writeFileSync } from 'node:fs';

import { ENVIRONMENTS } from '../../src/config/environments.js';
import { HEADINGS } from '../../src/config/env-example.js';
import { SECRETS_IN_FILES } from '../../src/config/secret-files.js';
import { variablesOf } from '../../src/kernel/index.js';
import { providerDefinitions } from '../../src/sms/index.js';

const PAGE = 'docs/configuration.md';
const MARKS = /(<!-- variables -->\n)[^]*(\n<!-- \/variables -->)/;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

function table(heading: string, environment: new () => object): string {
  const defaults = new environment() as Record<string, string | number | boolean | undefined>;
  const rows = variablesOf(environment).map(({ name, aliases = [], about, example }) => {
    const value = defaults[name];
    const shown = value === undefined || value === '' ? '-' : `\`${cell(String(value))}\``;
    const also = aliases.length ? ` Also: ${aliases.map((alias) => `\`${alias}\``).join(' ')}.` : '';
    return `| \`${name}\` | ${shown} | ${cell(about)}${also} Such as \`${cell(example)}\` |`;
  });
  return rows.length ? `## ${heading}\n\n| name | default | |\n| --- | --- | --- |\n${rows.join('\n')}\n` : '';
}

describe('docs/configuration.md', () => {
  it('has every variable of the environment classes; UPDATE_PAGES=1 writes them there', () => {
    const own = Object.entries(ENVIRONMENTS).map(([key, each]) =>
      table(HEADINGS[key as keyof typeof ENVIRONMENTS], each),
    );
    const providers = providerDefinitions.map(({ name, environment }) => table(`Provider ${name}`, environment));
    const tables = [...own, ...providers].filter(Boolean).join('\n');
    const page = readFileSync(PAGE, 'utf8');
    const fresh = page.replace(MARKS, (_, before: string, after: string) => `${before}\n${tables}${after}`);
    if (process.env.UPDATE_PAGES) writeFileSync(PAGE, fresh);
    else expect(page).toBe(fresh);
    expect(fresh.match(/^\| `[A-Z]/gm)?.length).toBeGreaterThan(80);
  });

  it('names the secrets that may stand in files', () => {
    const page = readFileSync(PAGE, 'utf8');
    expect(SECRETS_IN_FILES.filter((name) => !page.includes(`\`${name}_FILE\``))).toEqual([]);
  });
});
