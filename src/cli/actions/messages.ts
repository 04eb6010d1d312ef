import { withProgram } from '../api/with-program.js';
import { timelineOf, type Shown } from '../api/timeline.js';
import type { Where } from '../api/where.js';

export async function show(id: string, { json, ...where }: Where & { json?: true }): Promise<void> {
  const path = `/v1/messages/${encodeURIComponent(id)}`;
  const message = await withProgram(where, (api) => api.call<Shown>('GET', path));
  console.log(json ? JSON.stringify(message, null, 2) : timelineOf(message).join('\n'));
}
