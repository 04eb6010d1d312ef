import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

import type { Source } from '../kernel/index.js';
import { ConfigRefusal } from './config-refusal.js';
import { readSecretFiles, type WithFiles } from './secret-files.js';

/**
 * The process's own variables over those of `.env` in `folder`, if that is there, and what the files they name hold.
 * @throws {ConfigRefusal}
 */
export function environment(folder: string = process.cwd(), own: Source = process.env): Source {
  const { source, faults } = examineSource(folder, own);
  if (faults.length > 0) throw new ConfigRefusal(faults);
  return source;
}

/** The same, where faults of those files are to be told and not thrown. @throws what reading `.env` does */
export function examineSource(folder: string, own: Source): WithFiles {
  return readSecretFiles({ ...dotEnv(join(folder, '.env')), ...own });
}

function dotEnv(path: string): Source {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
