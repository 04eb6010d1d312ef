import { createApp } from '../../app.js';
import { AuditLog } from '../../audit/index.js';
import { environment, readConfig } from '../../config/index.js';

import { CommandLogger } from '../command-logger.js';
import { operator } from '../operator.js';
import type { OperatorAct, ProgramApi } from './program-api.js';
import { Answered } from './remote.js';

/**
 * Runs the whole program as long as `work` takes, on the database, with no server for others.
 * @param act what `work` does, which is written down before it is done
 * @throws {ConfigRefusal | FolderInUse | DatabaseUnavailable}
 */
export async function withOwnProgram<T>(work: (api: ProgramApi) => Promise<T>, act?: OperatorAct): Promise<T> {
  const config = readConfig(environment());
  // Nothing but the answer belongs on stdout.
  const app = await createApp(config, new CommandLogger('error', process.stderr));
  try {
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    const authorization = `Bearer ${config.apiKeys[0]!.key}`;
    if (act) await app.get(AuditLog).write({ who: operator(), act: act.name }, act.subject);
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
