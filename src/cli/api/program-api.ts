import { createApp } from '../../app.js';
import { environment, readConfig } from '../../config/index.js';
import { JsonLogger } from '../../http/index.js';
import { UsageError } from '../usage-error.js';
import { Answered, ask } from './remote.js';
import { addressOf, type Where } from './where.js';

/** The HTTP API of a program, wherever that is. */
export interface ProgramApi {
  /** It goes on when this command ends, and takes what providers report. */
  readonly isRunning: boolean;
  /** @throws {Answered} for whatever is not 2xx */
  call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T>;
}

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
export async function withProgram<T>(where: Where, work: (api: ProgramApi) => Promise<T>): Promise<T> {
  if (addressOf(where)) return withRunning(where, work);
  const config = readConfig(environment());
  // Nothing but the answer belongs on stdout.
  const app = await createApp(config, new JsonLogger('error', process.stderr));
  try {
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    const authorization = `Bearer ${config.apiKeys[0]!.key}`;
    return await work({
      isRunning: false,
      call: async <A>(method: 'GET' | 'POST' | 'DELETE', url: string, body?: object) => {
        const answer = await app.inject({ method, url, headers: { authorization }, ...(body && { payload: body }) });
        const said = answer.body === '' ? {} : (JSON.parse(answer.body) as object);
        if (answer.statusCode >= 300) throw new Answered(answer.statusCode, said);
        return said as A;
      },
    });
  } finally {
    await app.close();
  }
}
