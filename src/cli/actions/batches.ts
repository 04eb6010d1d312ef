import type { BatchDto } from '../../batches/index.js';
import type { Where } from '../api/where.js';
import type { Act, BatchApi } from '../send/batch-api.js';
import { withBatches } from '../send/with-batches.js';

interface Options extends Where {
  readonly json?: true;
}

export const list = (options: Options): Promise<void> => show(options, (api) => api.list());

export const status = (id: string, options: Options): Promise<void> =>
  show(options, async (api) => [await api.get(id)]);

const acting =
  (act: Act) =>
  (id: string, options: Options): Promise<void> =>
    show(options, async (api) => [await api.act(id, act)]);
export const pause = acting('pause');
export const resume = acting('resume');
export const cancel = acting('cancel');

async function show(options: Options, work: (api: BatchApi) => Promise<readonly BatchDto[]>): Promise<void> {
  const batches = await withBatches(options, work);
  if (options.json) return console.log(JSON.stringify(batches, null, 2));
  if (batches.length === 0) return console.log('No batches yet. Send one by: npm run cli -- send --csv FILE');
  for (const batch of batches) tell(batch);
}

function tell({
  id,
  name,
  status,
  pausedBecause,
  rows,
  refused,
  waiting,
  limited,
  counts,
  perSecond,
  secondsLeft,
}: BatchDto): void {
  console.log(`${id}  ${status}${pausedBecause ? ` (${pausedBecause})` : ''}${name ? `  ${name}` : ''}`);
  const by = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
  console.log(`  ${rows} rows: ${by.join(', ') || 'none yet'}${refused > 0 ? `; ${refused} with a fault` : ''}`);
  if (waiting > 0)
    console.log(
      `  ${waiting} to go${limited > 0 ? `, ${limited} of them for their phone's limit` : ''}; ${perSecond} a second${secondsLeft !== undefined ? `, ${secondsLeft} s left` : ''}`,
    );
}
