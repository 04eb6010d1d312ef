import { addressOf, type Where } from '../api/where.js';
import type { BatchApi } from './batch-api.js';

/** The running program's, by its address; without one, the database's own. */
export async function withBatches<T>(where: Where, work: (api: BatchApi) => Promise<T>): Promise<T> {
  const address = addressOf(where);
  if (address) {
    const { RemoteBatches } = await import('./remote-batches.js');
    return work(new RemoteBatches(address));
  }
  const { withOwnBatches } = await import('./own-batches.js');
  return withOwnBatches(work);
}
