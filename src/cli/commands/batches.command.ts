import type { Command } from 'commander';

import type { BatchDto } from '../../batches/index.js';
import { addWhere, type Where } from '../api/where.js';
import { withBatches, type Act, type BatchApi } from '../send/batch-api.js';

interface Options extends Where {
  readonly json?: true;
}

const WHAT: Readonly<Record<Act, string>> = {
  pause: 'begin no more of its rows for now',
  resume: 'go on, also with a batch of which only some rows came',
  cancel: 'end it: what is not begun is never sent',
};

export function batchesCommand(program: Command): void {
  const batches = program.command('batches').description('texts that were sent many at once, by: send');
  const add = (name: string, about: string) =>
    addWhere(
      batches.command(name).description(about).option('--json', 'as JSON'),
      'message',
      'straight from the database',
    );
  add('list', 'the newest').action((options: Options) => show(options, (api) => api.list()));
  add('status <id>', 'how far one is').action((id: string, options: Options) =>
    show(options, async (api) => [await api.get(id)]),
  );
  for (const [act, about] of Object.entries(WHAT))
    add(`${act} <id>`, about).action((id: string, options: Options) =>
      show(options, async (api) => [await api.act(id, act as Act)]),
    );
}

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
