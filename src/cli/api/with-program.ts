import { UsageError } from '../usage-error.js';
import { ask } from './remote.js';
import type { OperatorAct, ProgramApi } from './program-api.js';
import { addressOf, type Where } from './where.js';

/** A person waits: a program that is away is told of within seconds. */
const TRIES = 3;

/** The running program's, by its address. @throws {UsageError} when none is named */
export function withRunning<T>(where: Where, work: (api: ProgramApi) => Promise<T>): Promise<T> {
  const address = addressOf(where);
  if (!address)
    throw new UsageError(
      'Only a running program knows.',
      'Name it by --url http://127.0.0.1:3000 and --key KEY, or by SIXDIGIT_URL and SIXDIGIT_API_KEY.',
    );
  return work({
    isRunning: true,
    call: async <A>(method: string, path: string, body?: object) =>
      (await (await ask(address, { method, path, ...(body && { body: JSON.stringify(body) }) }, TRIES)).json()) as A,
  });
}

/** The same; without an address the whole program as long as `work` takes, on the database, with no server for others. */
export async function withProgram<T>(
  where: Where,
  work: (api: ProgramApi) => Promise<T>,
  act?: OperatorAct,
): Promise<T> {
  if (addressOf(where)) return withRunning(where, work);
  const { withOwnProgram } = await import('./own-program.js');
  return withOwnProgram(work, act);
}
