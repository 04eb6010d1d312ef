import { hostname } from 'node:os';

/** What this process is called beside others: host and process id. */
export const instanceName = (): string => `${hostname()}:${process.pid}`;
