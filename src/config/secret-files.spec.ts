import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { variablesOf } from '../kernel/index.js';
import { providerDefinitions } from '../sms/index.js';
import { ENVIRONMENTS } from './environments.js';
import { environment } from './environment-source.js';
import { SECRETS_IN_FILES } from './secret-files.js';

const folder = mkdtempSync(join(tmpdir(), 'sixdigit-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

describe('secrets in files', () => {
  it('count as if they were in the environment, without the line break of whoever wrote them', () => {
    const read = environment(folder, {
      APP_SECRET_FILE: file('secret', 'hG7q2LxV9sTz4RkW8mYc3NbP6dFj1AeU\n'),
      PORT: '1',
    });
    expect(read).toMatchObject({ APP_SECRET: 'hG7q2LxV9sTz4RkW8mYc3NbP6dFj1AeU', PORT: '1' });
  });

  it('are refused all at once when they are missing, empty or there twice, and never shown', () => {
    const wrong = {
      APP_SECRET_FILE: join(folder, 'none'),
      API_KEYS_FILE: file('empty', '\n'),
      DATABASE_URL_FILE: file('url', 'postgresql://a:word@b/c'),
      DATABASE_URL: 'postgresql://x',
    };
    expect(() => environment(folder, wrong)).toThrow(
      /^The configuration has 3 faults:\n {2}APP_SECRET_FILE: .*none cannot be read \(ENOENT\)\..*\n {2}API_KEYS_FILE: .* is empty\..*\n {2}DATABASE_URL_FILE: names a file while DATABASE_URL is set, too\./,
    );
    expect(() => environment(folder, wrong)).not.toThrow(/word/);
  });

  it('are variables that there are', () => {
    const classes = [...Object.values(ENVIRONMENTS), ...providerDefinitions.map(({ environment: own }) => own)];
    const known = classes.flatMap((each: new () => object) => variablesOf(each).map(({ name }) => name));
    expect(SECRETS_IN_FILES.filter((name) => !known.includes(name))).toEqual([]);
  });
});
