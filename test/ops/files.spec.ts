import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { SECRETS_IN_FILES } from '../../src/config/secret-files.js';
import { cleanUp, tempFolder } from '../setup/process.js';
import { find, onInstalled } from './installed.js';

jest.setTimeout(60_000);
afterAll(cleanUp);

const UNIT = 'ops/systemd/sixdigit.service';
const COMPOSE = 'ops/docker/compose.yaml';
const DOCKERFILE = readFileSync('ops/docker/Dockerfile', 'utf8');

onInstalled('systemd-analyze')('the unit of systemd', () => {
  it('is one that systemd understands, whole', () => {
    const folder = tempFolder();
    const text = readFileSync(UNIT, 'utf8').replace('/usr/bin/node ', `${process.execPath} `);
    const path = join(folder, 'sixdigit.service');
    writeFileSync(path, text.replaceAll('/opt/sixdigit', process.cwd()));
    const { stderr, status } = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' });
    expect([stderr.split('\n').filter((line) => line.includes('sixdigit')), status]).toEqual([[], 0]);
    // A word that systemd does not know is not only passed over: this test would say so.
    writeFileSync(path, `${text}\n[Service]\nProtectEverything=yes\n`);
    expect(spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' }).stderr).toMatch(
      /Unknown key (name )?'ProtectEverything'/,
    );
  });

  it('leaves little open', () => {
    const said = execFileSync('systemd-analyze', ['security', '--offline=yes', '--no-pager', UNIT], {
      encoding: 'utf8',
    });
    const [, exposure = '10'] = /Overall exposure level for \S+: ([\d.]+)/.exec(said) ?? [];
    expect(Number(exposure)).toBeLessThanOrEqual(1.6);
  });
});

describe('memory', () => {
  const settings = (text: string) => /NODE_OPTIONS="?=?"?(--[^"]+)" (MALLOC_ARENA_MAX=\d+)$/m.exec(text)?.slice(1);

  it('is set in the image and in the unit alike, and Node takes it', () => {
    const image = settings(DOCKERFILE);
    expect(image).toHaveLength(2);
    expect(settings(readFileSync(UNIT, 'utf8'))).toEqual(image);
    const heapMb = execFileSync(process.execPath, ['-p', 'v8.getHeapStatistics().heap_size_limit / 2 ** 20'], {
      env: { NODE_OPTIONS: image![0] },
      encoding: 'utf8',
    });
    expect(Math.floor(Number(heapMb) / 100)).toBe(5);
  });
});

describe('the compose file', () => {
  it('hands secrets over as files, under names that the program reads', () => {
    const names = [...readFileSync(COMPOSE, 'utf8').matchAll(/^ {6}(\w+)_FILE: \/run\/secrets\/(\w+)$/gm)];
    const ours = names.filter(([, name]) => name !== 'POSTGRES_PASSWORD');
    expect(ours.map(([, name]) => name).sort()).toEqual(['API_KEYS', 'APP_SECRET', 'DATABASE_URL']);
    expect(ours.filter(([, name]) => !SECRETS_IN_FILES.includes(name as never))).toEqual([]);
  });

  onInstalled('docker-compose')('as Compose reads it', () => {
    it('is whole', () => {
      const folder = tempFolder();
      cpSync('ops/docker', folder, { recursive: true });
      mkdirSync(join(folder, 'secrets'), { recursive: true });
      writeFileSync(join(folder, 'sixdigit.env'), 'BRAND_NAME=Shop\n');
      for (const name of ['database_url', 'app_secret', 'api_keys', 'postgres_password'])
        writeFileSync(join(folder, 'secrets', name), 'x');
      const { stdout, stderr, status } = spawnSync(
        find('docker-compose')!,
        ['-f', join(folder, 'compose.yaml'), 'config'],
        { encoding: 'utf8' },
      );
      expect([stderr.replace(/.*(Warning|warn).*\n?/g, ''), status]).toEqual(['', 0]);
      expect(stdout).toMatch(/BRAND_NAME: Shop/);
    });
  });
});

describe('the Dockerfile', () => {
  const lines = DOCKERFILE.replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line));

  it('knows every instruction that it uses, begins with a base, and pins no moving tag', () => {
    const known = /^(ARG|FROM|WORKDIR|COPY|RUN|ENV|USER|VOLUME|EXPOSE|STOPSIGNAL|HEALTHCHECK|CMD) /;
    expect(lines.filter((line) => !known.test(line))).toEqual([]);
    expect(DOCKERFILE).not.toMatch(/:latest|^ADD |sudo|apt-get|curl/m);
  });

  it('ends as an unprivileged user, with a command and a health check that no shell comes between', () => {
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
    expect(last).toContain('USER node');
    expect(last.filter((line) => /^(CMD|HEALTHCHECK .*CMD) /.test(line) && !/CMD \["node"/.test(line))).toEqual([]);
    expect(last.findIndex((line) => line.startsWith('RUN '))).toBeLessThan(last.indexOf('USER node'));
  });

  it('copies what is there', () => {
    const top = new Set(readdirSync('.'));
    const sources = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
      .flatMap((line) => line.split(' ').slice(1, -1));
    expect(sources.filter((path) => path !== '.' && !top.has(path.split('/')[0] ?? ''))).toEqual([]);
  });
});
