import { userInfo } from 'node:os';

import type { Operator } from '../http/index.js';

/** Who runs a command, as the audit writes it down. */
export const operator = (): Operator => ({ name: `cli:${userInfo().username}`, network: null });
