import type { ProgramApi } from '../api/program-api.js';
import { withRunning } from '../api/with-program.js';
import type { Where } from '../api/where.js';

/** As `GET /v1/admin/providers` answers, as much as is shown here. */
interface Provider {
  readonly name: string;
  readonly order: number;
  readonly state: string;
  readonly since: string;
  readonly why: string | null;
  readonly heldBy: string | null;
  readonly consecutiveFailures: number;
  readonly recent: { readonly calls: number; readonly failed: number; readonly p95Ms: number | null };
  readonly lastErrors: readonly { readonly at: string; readonly code: string; readonly reason: string }[];
  readonly history: readonly {
    readonly at: string;
    readonly from: string;
    readonly to: string;
    readonly why: string;
    readonly by: string;
  }[];
}
interface Options extends Where {
  readonly json?: true;
}

const pathOf = (name: string, act = '') => `/v1/admin/providers/${encodeURIComponent(name)}${act}`;

export const list = (options: Options): Promise<void> =>
  tell(
    options,
    async (api) => (await api.call<{ providers: Provider[] }>('GET', '/v1/admin/providers')).providers,
    tellAll,
  );

export const show = (name: string, options: Options): Promise<void> =>
  tell(options, (api) => api.call<Provider>('GET', pathOf(name)), tellWhole);

export const takeOut = (
  name: string,
  { reason, force, ...options }: Options & { readonly reason: string; readonly force?: true },
): Promise<void> =>
  tell(
    options,
    (api) => api.call<Provider>('POST', pathOf(name, '/take-out'), { reason, ...(force && { force }) }),
    (one) => tellAll([one]),
  );

export const putBack = (name: string, options: Options): Promise<void> =>
  tell(
    options,
    (api) => api.call<Provider>('POST', pathOf(name, '/put-back'), {}),
    (one) => tellAll([one]),
  );

async function tell<T>(
  { json, ...where }: Options,
  work: (api: ProgramApi) => Promise<T>,
  show: (answer: T) => void,
): Promise<void> {
  const answer = await withRunning(where, work);
  if (json) console.log(JSON.stringify(answer, null, 2));
  else show(answer);
}

function tellAll(all: readonly Provider[]): void {
  for (const { name, state, since, why, heldBy, recent } of all) {
    const by = heldBy ? ` by ${heldBy}` : '';
    console.log(
      `${name.padEnd(10)} ${state.replaceAll('_', ' ').padEnd(12)} since ${since}${by}${why ? `: ${why}` : ''}`,
    );
    const p95 = recent.p95Ms === null ? '' : `, 95 % within ${recent.p95Ms} ms`;
    console.log(`${''.padEnd(10)} last 5 minutes: ${recent.failed} of ${recent.calls} failed${p95}`);
  }
}

function tellWhole(one: Provider): void {
  tellAll([one]);
  for (const { at, code, reason } of one.lastErrors) console.log(`  ${at}  ${code}: ${reason}`);
  if (one.history.length > 0) console.log('how it came to stand there:');
  for (const { at, from, to, why, by } of one.history) console.log(`  ${at}  ${from} -> ${to}, by ${by}: ${why}`);
}
