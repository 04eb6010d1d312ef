import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

import type { Source } from '../../src/kernel/index.js';
import { tempFolder } from './process.js';

const CLI = resolve(__dirname, '../../dist/cli/main.js');

export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of dist/ in an empty folder, with no other environment than `env`. */
export async function cli(args: readonly string[], env: Source = {}, stdin = ''): Promise<Said> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: tempFolder(), env: { PATH: process.env.PATH, ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  child.stdin.end(stdin);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
