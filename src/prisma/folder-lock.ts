import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { StartRefusal } from '../kernel/index.js';

export class FolderInUse extends StartRefusal {
  override readonly name = 'FolderInUse';
  readonly exitCode = 69;

  constructor(folder: string, pid: number) {
    super(
      `${folder} is in use by process ${pid}. The embedded database serves one process at a time: stop that process, ` +
        'set another DATA_DIR, or set DATABASE_URL to a PostgreSQL that several processes can share.',
    );
  }
}

/** When the process with this pid was started, so that a pid used again by another process is not taken for the holder. */
function startOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return 'alive'; // no /proc here: the pid alone must do
  }
}

/** The process that has it now; undefined: nobody, or one that died. */
export function holderOf(folder: string): number | undefined {
  const [pid = '', start] = (read(join(folder, 'lock')) ?? '').split(' ');
  return pid && startOf(Number(pid)) === start ? Number(pid) : undefined;
}

/**
 * One process a folder: two would destroy the embedded database. The lock of a process that died is taken over.
 * @throws {FolderInUse}
 * @returns release
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, 'lock');
  const mine = `${process.pid} ${startOf(process.pid)}`;
  const draft = `${lock}.${process.pid}`;
  writeFileSync(draft, mine);
  try {
    for (;;) {
      try {
        linkSync(draft, lock); // unlike open(wx), the lock is never seen half-written
        return () => rmSync(lock, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      takeAway(lock, folder);
    }
  } finally {
    unlinkSync(draft);
  }
}

/** Removes the lock of a dead process; refuses while its holder lives. */
function takeAway(lock: string, folder: string): void {
  const held = read(lock);
  if (held === undefined) return;
  const [pid = '', start] = held.split(' ');
  if (startOf(Number(pid)) === start) throw new FolderInUse(folder, Number(pid));
  const away = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, away);
  } catch {
    return; // another starter was faster
  }
  // Between read and rename another starter may have put its own lock there: give it back.
  if (read(away) !== held) linkSync(away, lock);
  unlinkSync(away);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
