import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ConfigService } from '@nestjs/config';
import { Test } from '@nestjs/testing';

import { AppConfig, AppConfigModule, environment, readConfig } from './index.js';

describe('AppConfigModule', () => {
  it('hands out the configuration whole and by path', async () => {
    const config = readConfig({ APP_SECRET: 'x'.repeat(32), PORT: '4000' });
    const module = await Test.createTestingModule({ imports: [AppConfigModule.forRoot(config)] }).compile();
    expect(module.get(AppConfig)).toBe(config);
    expect(module.get(ConfigService).get('server.port')).toBe(4000);
  });
});

describe('environment', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dotenv-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is the variables of the process where there is no .env', () => {
    expect(environment(folder, { PORT: '1' })).toEqual({ PORT: '1' });
  });

  it('prefers those of the process to .env', () => {
    writeFileSync(join(folder, '.env'), '# a comment\nPORT=2\nHOST="::1"\n');
    expect(environment(folder, { PORT: '1' })).toEqual({ PORT: '1', HOST: '::1' });
  });
});
