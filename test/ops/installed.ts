import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where a program is, `/usr/sbin` included, which is not on everybody's path. */
export function find(name: string): string | undefined {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
    .map((folder) => join(folder, name))
    .find(existsSync);
}

/** `describe`, or `describe.skip` where it is not installed: Debian's packages are no part of what CI must have. */
export const onInstalled = (name: string): typeof describe => {
  if (find(name)) return describe;
  console.warn(`${name} is not installed: its example is not run.`);
  return describe.skip;
};

export interface Daemon {
  stop(): Promise<void>;
}

/** A server in the foreground. @throws what it said, when nobody listens at `port` within 15 s */
export async function startDaemon(
  name: string,
  args: readonly string[],
  port: number,
  options: { readonly uid?: number; readonly gid?: number; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Daemon> {
  const child = spawn(find(name) ?? name, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  for (const end = performance.now() + 15_000; !(await listens(port)); await sleep(50))
    if (performance.now() > end || child.exitCode !== null) {
      child.kill('SIGKILL');
      throw new Error(`${name} did not start:\n${said}`);
    }
  return { stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await Promise.race([exit, sleep(3_000, undefined, { ref: false }).then(() => child.kill('SIGKILL'))]);
}

async function listens(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1');
  const open = await Promise.race([
    once(socket, 'connect').then(
      () => true,
      () => false,
    ),
    sleep(1_000, false, { ref: false }),
  ]);
  socket.destroy();
  return open;
}
