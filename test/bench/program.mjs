// Processes that the bench starts, each with an empty folder of its own, and ends, whatever happens.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { ask } from './channel.mjs';

const START_PATIENCE_MS = 60_000;
const STOP_PATIENCE_MS = 10_000;
const probe = new URL('probe.mjs', import.meta.url).href;
const running = new Set();
const folders = new Set();

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const programOf = (name) => join(root, 'test/bench/programs', name);

export function tempFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'sixdigit-bench-'));
  folders.add(folder);
  return folder;
}

/** Starts `script`, which says "is ready at URL" when it is. Its output goes to a file, as a service's would, not to us. */
export async function launch(script, { env = {}, cwd = tempFolder(), flags = [] } = {}) {
  const log = join(tempFolder(), 'log');
  const output = openSync(log, 'w');
  const begun = performance.now();
  const child = spawn(process.execPath, [...flags, '--import', probe, script], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', output, output, 'ipc'],
  });
  closeSync(output);
  const program = {
    pid: child.pid,
    url: undefined,
    readyMs: undefined,
    log: () => readFileSync(log, 'utf8'),
    ask: (method, params) => ask(child, method, params),
    stop: () => stop(child),
  };
  running.add(child);
  child.once('exit', () => running.delete(child));
  while (!program.url) {
    await wait(5);
    program.url = / is ready at (http\S+?)[\s"]/.exec(program.log())?.[1];
    program.readyMs = performance.now() - begun;
    if (child.exitCode !== null || program.readyMs > START_PATIENCE_MS) {
      throw new Error(`${script} did not start:\n${program.log()}`);
    }
  }
  return program;
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  if ((await Promise.race([exit, wait(STOP_PATIENCE_MS, 'late', { ref: false })])) === 'late') child.kill('SIGKILL');
  await exit;
}

export async function stopAll() {
  await Promise.all([...running].map(stop));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
