import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { freePort } from './free-port.js';

const ROOT = resolve(__dirname, '../..');
export const OPS = join(ROOT, 'ops');
const START_MS = 60_000;

function isThere(): boolean {
  if (spawnSync('promtool', ['--version']).status === 0) return true;
  if (process.env.CI === undefined) return false;
  const install = spawnSync(process.execPath, [join(ROOT, 'scripts/debian.mjs'), 'promtool', 'prometheus'], {
    encoding: 'utf8',
  });
  if (install.status !== 0) throw new Error(`Prometheus is missing, and CI wants it:\n${install.stderr}`);
  return true;
}

/** `describe`, or `describe.skip` where Debian's `prometheus` is not installed; in CI it is installed. */
export const onPrometheus: typeof describe = (() => {
  if (isThere()) return describe;
  console.warn('promtool is not installed: what needs Prometheus is skipped.');
  return describe.skip;
})();

/** What promtool said. */
export function promtool(
  args: readonly string[],
  input = '',
): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8', cwd: ROOT });
  return { status, said: stdout + stderr };
}

export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: string;
}

/** A real Prometheus that scrapes one program every two seconds. */
export class Prometheus {
  private said = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly url: string,
  ) {
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (this.said += String(chunk)));
  }

  /** @param hasten makes rules that wait for minutes wait for seconds */
  static async start(target: string, key: string, hasten: (rules: string) => string = (rules) => rules) {
    const folder = mkdtempSync(join(tmpdir(), 'sixdigit-prometheus-'));
    writeFileSync(join(folder, 'alerts.yml'), hasten(readFileSync(join(OPS, 'prometheus/alerts.yml'), 'utf8')));
    writeFileSync(join(folder, 'sixdigit.key'), key);
    // The example as operators get it, but for its pace and its target.
    const example = readFileSync(join(OPS, 'prometheus/prometheus.yml'), 'utf8');
    const config = example
      .replace(/(scrape|evaluation)_interval: 15s/g, '$1_interval: 2s')
      .replace("'localhost:3000'", `'${target}'`);
    if (config === example) throw new Error('the example of prometheus.yml is not as this test knows it');
    writeFileSync(join(folder, 'prometheus.yml'), config);
    const port = await freePort();
    const args = [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ];
    const child = spawn('prometheus', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const prometheus = new Prometheus(child, folder, `http://127.0.0.1:${port}`);
    await prometheus.ready();
    return prometheus;
  }

  async alerts(): Promise<readonly Alert[]> {
    const { alerts } = await this.ask<{ alerts: Alert[] }>('/api/v1/alerts');
    return alerts;
  }

  /** @throws what Prometheus says of an expression that it cannot read */
  async query(expression: string): Promise<readonly { readonly metric: Readonly<Record<string, string>> }[]> {
    const { result } = await this.ask<{ result: { metric: Record<string, string> }[] }>(
      `/api/v1/query?query=${encodeURIComponent(expression)}`,
    );
    return result;
  }

  async close(): Promise<void> {
    const exit = once(this.child, 'exit');
    if (this.child.exitCode === null && this.child.kill('SIGKILL')) await exit;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async ask<T>(path: string): Promise<T> {
    const response = await fetch(this.url + path);
    const body = (await response.json()) as { status: string; error?: string; data: T };
    if (body.status !== 'success') throw new Error(body.error);
    return body.data;
  }

  private async ready(): Promise<void> {
    for (const end = performance.now() + START_MS; performance.now() < end; await sleep(100)) {
      if (this.child.exitCode !== null) break;
      if (
        await fetch(`${this.url}/-/ready`).then(
          (answer) => answer.ok,
          () => false,
        )
      )
        return;
    }
    await this.close();
    throw new Error(`Prometheus did not start:\n${this.said}`);
  }
}
