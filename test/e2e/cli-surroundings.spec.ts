import { spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { resolve } from 'node:path';

import { cli } from '../setup/cli.js';

jest.setTimeout(60_000);

const CLI = resolve(__dirname, '../../dist/cli/main.js');
const AWAY = { DATABASE_URL: 'postgresql://nobody@127.0.0.1:2/nothing', APP_SECRET: 'k7'.repeat(20) };

describe('where a command runs', () => {
  it('the database is away: said once, in words, and not on stdout', async () => {
    const { code, stdout, stderr } = await cli(['limits', 'show', '+14155552671', '--json'], AWAY);
    expect([code, stdout]).toEqual([69, '']);
    expect(stderr).toMatch(/^The database cannot be reached\. Cause: .*\nCheck DATABASE_URL, [^\n]*\n$/);
  });

  (existsSync('/dev/full') ? it : it.skip)('the disk is full: said in words', () => {
    const full = openSync('/dev/full', 'w');
    const stdio = ['ignore', full, 'pipe'] as const;
    const { status, stderr } = spawnSync(process.execPath, [CLI, 'secret'], { stdio: [...stdio], encoding: 'utf8' });
    expect([status, stderr]).toEqual([69, 'What was to be shown cannot be written: ENOSPC.\n']);
  });

  (process.getuid?.() === 0 ? it : it.skip)('the user has a number and no name: the audit has the number', () => {
    const script = `import('${resolve(__dirname, '../../dist/cli/operator.js')}').then(({ operator }) => console.log(operator().name))`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
      encoding: 'utf8',
      uid: 54_321,
      gid: 54_321,
      env: { PATH: process.env.PATH },
    });
    expect([stdout, stderr]).toEqual(['cli:uid-54321\n', '']);
  });
});
