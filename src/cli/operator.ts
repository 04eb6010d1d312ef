import { userInfo } from 'node:os';

import type { Operator } from '../http/index.js';

/** Who runs a command, as the audit writes it down. */
export const operator = (): Operator => ({ name: `cli:${userName()}`, network: null });

/** In a container the user may have a number and no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
