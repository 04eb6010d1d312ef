import type { Command } from 'commander';

import { withRunning, type ProgramApi } from '../api/program-api.js';
import { addWhere, type Where } from '../api/where.js';

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

export function providersCommand(program: Command): void {
  const providers = program
    .command('providers')
    .description('where each provider stands in the rotation of a running program, and by hand out of it');
  const add = (command: Command) =>
    addWhere(command.option('--json', 'as the admin API answers it'), 'admin', 'there is nobody to ask');

  add(providers.command('list').description('all of them, most preferred first')).action((options: Options) =>
    tell(
      options,
      async (api) => (await api.call<{ providers: Provider[] }>('GET', '/v1/admin/providers')).providers,
      list,
    ),
  );
  add(
    providers.command('show <name>').description('one, with its latest errors and how it came to stand there'),
  ).action((name: string, options: Options) => tell(options, (api) => api.call<Provider>('GET', pathOf(name)), show));
  add(
    providers
      .command('take-out <name>')
      .description('give it no text any more, until it is put back')
      .requiredOption('--reason <text>', 'for all other operators')
      .option('--force', 'although no other provider is left'),
  ).action((name: string, { reason, force, ...options }: Options & { reason: string; force?: true }) =>
    tell(
      options,
      (api) => api.call<Provider>('POST', pathOf(name, '/take-out'), { reason, ...(force && { force }) }),
      (one) => list([one]),
    ),
  );
  add(providers.command('put-back <name>').description('let it earn its trial, as any other that was out')).action(
    (name: string, options: Options) =>
      tell(
        options,
        (api) => api.call<Provider>('POST', pathOf(name, '/put-back'), {}),
        (one) => list([one]),
      ),
  );
}

async function tell<T>(
  { json, ...where }: Options,
  work: (api: ProgramApi) => Promise<T>,
  show: (answer: T) => void,
): Promise<void> {
  const answer = await withRunning(where, work);
  if (json) console.log(JSON.stringify(answer, null, 2));
  else show(answer);
}

function list(all: readonly Provider[]): void {
  for (const { name, state, since, why, heldBy, recent } of all) {
    const by = heldBy ? ` by ${heldBy}` : '';
    console.log(
      `${name.padEnd(10)} ${state.replaceAll('_', ' ').padEnd(12)} since ${since}${by}${why ? `: ${why}` : ''}`,
    );
    const p95 = recent.p95Ms === null ? '' : `, 95 % within ${recent.p95Ms} ms`;
    console.log(`${''.padEnd(10)} last 5 minutes: ${recent.failed} of ${recent.calls} failed${p95}`);
  }
}

function show(one: Provider): void {
  list([one]);
  for (const { at, code, reason } of one.lastErrors) console.log(`  ${at}  ${code}: ${reason}`);
  if (one.history.length > 0) console.log('how it came to stand there:');
  for (const { at, from, to, why, by } of one.history) console.log(`  ${at}  ${from} -> ${to}, by ${by}: ${why}`);
}
