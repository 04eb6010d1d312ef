import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Source } from '../../../src/kernel/index.js';

const ROOT = resolve(__dirname, '../../..');
const STEP_MS = 90_000;

/** `npm run cli` and its like without the look at the clock of every file, which takes longer than the command. */
const NPM = `#!/usr/bin/env bash
[ "$1" = install ] && { for name in "\${@:2}"; do [ -d "${ROOT}/node_modules/$name" ] || exit 1; done; exit 0; }
[ "$1" = start ] && exec "${process.execPath}" "${ROOT}/dist/main.js"
[ "$1" = run ] || { echo "npm $1 is not for a test of pages" >&2; exit 70; }
shift
case "$1" in -s | --silent) shift ;; esac
script=$1
shift
[ "$1" = -- ] && shift
case "$script" in
  cli) exec "${process.execPath}" "${ROOT}/dist/cli/main.js" "$@" ;;
  migrate) exec "${process.execPath}" "${ROOT}/dist/cli/migrate.js" "$@" ;;
  *) echo "npm run $script is not for a test of pages" >&2; exit 70 ;;
esac
`;
const NPX = `#!/usr/bin/env bash
[ "$1" = sixdigit ] || { echo "npx $1 is not for a test of pages" >&2; exit 70; }
exec "$@"
`;
/** As after `npm link`. */
const SIXDIGIT = `#!/usr/bin/env bash
exec "${process.execPath}" "${ROOT}/dist/cli/main.js" "$@"
`;
/** An answer of 400 and more is a failure of the command: pages that mean it say exit=22. */
const CURL = `#!/usr/bin/env bash
exec "$REAL_CURL" --fail-with-body "$@"
`;

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Commands of it that failed, wherever in it. */
  readonly failed: string;
}

/** One bash for all commands of a page, in a folder of its own: what one sets, the next has. */
export class Shell {
  private readonly bash: ChildProcessWithoutNullStreams;
  private said = '';
  private steps = 0;

  constructor(
    readonly folder: string,
    env: Source,
  ) {
    const bin = join(folder, '.bin');
    mkdirSync(bin);
    for (const [name, text] of Object.entries({ npm: NPM, npx: NPX, sixdigit: SIXDIGIT, curl: CURL })) {
      writeFileSync(join(bin, name), text);
      chmodSync(join(bin, name), 0o755);
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const REAL_CURL = (process.env.PATH ?? '')
      .split(':')
      .map((path) => join(path, 'curl'))
      .find(existsSync);
    const PATH = `${bin}:${process.env.PATH}`;
    const options = { cwd: folder, detached: true, env: { HOME: folder, REAL_CURL, ...env, PATH } };
    this.bash = spawn('bash', ['--norc', '--noprofile'], options);
    this.bash.stdout.on('data', (chunk) => (this.said += String(chunk)));
    this.bash.stderr.on('data', (chunk) => (this.said += String(chunk)));
    this.bash.stdin.write('set -o pipefail -E\n');
  }

  /**
   * @param together what it says and what it complains of, as a terminal shows them
   * @throws when it takes longer than that, or ends the shell
   */
  async run(text: string, together = false): Promise<Ran> {
    const step = join(this.folder, `.step-${++this.steps}`);
    writeFileSync(`${step}.sh`, text);
    const done = new RegExp(`^done ${this.steps} (\\d+)$`, 'm');
    this.bash.stdin.write(
      `trap 'echo "$BASH_COMMAND" >> ${step}.failed' ERR\n. ${step}.sh > ${step}.out 2>${together ? '&1' : ` ${step}.err`} < /dev/null; echo "done ${this.steps} $?"; trap - ERR\n`,
    );
    for (const end = performance.now() + STEP_MS; !done.test(this.said); await sleep(5))
      if (performance.now() > end || this.bash.exitCode !== null)
        throw new Error(`It did not end within 90 s, or ended the shell:\n${text}\n${this.said}${read(step, 'err')}`);
    const exit = Number(done.exec(this.said)?.[1]);
    return { exit, stdout: read(step, 'out'), stderr: read(step, 'err'), failed: read(step, 'failed') };
  }

  /** With everything that it started. */
  close(): void {
    try {
      process.kill(-(this.bash.pid ?? NaN), 'SIGKILL');
    } catch {
      // it has ended
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const read = (step: string, what: string): string =>
  existsSync(`${step}.${what}`) ? readFileSync(`${step}.${what}`, 'utf8') : '';
