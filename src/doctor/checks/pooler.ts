import type { Client } from 'pg';

import { fault, ok, type Said } from '../finding.js';

const NAMED = { name: 'sixdigit-doctor', text: 'SELECT pg_backend_pid() AS pid' };

/**
 * Whether a pooler such as PgBouncer stands between, and whether it goes with prepared statements. It tells another process
 * id at the greeting than the server has; and in transaction mode a second client that holds on to the server's connection
 * brings the first to another one.
 */
export async function poolerFindings(client: Client, another: () => Promise<Client>): Promise<Said[]> {
  const { processID } = client as unknown as { processID?: number };
  const pidOf = async (of: Client) => (await of.query<{ pid: number }>(NAMED)).rows[0]!.pid;
  const first = await pidOf(client);
  if (processID === first) return [];
  const second = await another();
  try {
    await second.query('BEGIN');
    await second.query('SELECT 1');
    const then = await pidOf(client);
    if (then === first)
      return [ok('pooler', 'one stands between, and keeps a connection for each client (session mode)')];
    return [ok('pooler', 'one stands between, in transaction mode; prepared statements work')];
  } catch (error) {
    if ((error as { code?: string }).code !== '26000') throw error;
    return [
      fault(
        'pooler',
        'one stands between, in transaction mode, and loses prepared statements: the program would fail under load',
        'Use PgBouncer 1.21 or newer with max_prepared_statements = 200, or pool_mode = session.',
      ),
    ];
  } finally {
    await second.end().catch(() => undefined);
  }
}
