import { randomInt } from 'node:crypto';
import { Agent, request } from 'node:http';

import fc from 'fast-check';

import { adminKey } from '../setup/admin.js';
import { startApp, type TestApp } from '../setup/app.js';
import { operations, type Operation } from '../setup/fuzz/operations.js';
import { requestsTo, type FuzzRequest } from '../setup/fuzz/requests.js';

const INPUTS = Number(process.env.FUZZ_INPUTS ?? 10_000);
const AT_ONCE = 16;
const PHONE = '+12125550147';
const SECRET = 'a secret that no answer may ever show 0147';
/** What any route may answer before its own code has seen the request. */
const ANYWHERE = new Set([400, 401, 404, 405, 408, 409, 413, 414, 415, 422, 429, 431]);
const LEAKS = new RegExp(
  [
    PHONE.slice(1),
    SECRET,
    'node_modules',
    '\\.[jt]s:\\d',
    '\\bat \\S+ \\(',
    'prisma',
    'SELECT ',
    'violates',
    'syntax error',
  ].join('|'),
);

interface Answered {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

let app: TestApp;
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

function send({ method, path, headers, body }: FuzzRequest): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const outgoing = request(app.url + path, { method, headers, agent }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += String(chunk)));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'] ?? '', text }),
      );
      answer.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Of somebody who has logged in. */
async function accessToken(): Promise<string> {
  const { body } = await app.call('POST', '/v1/auth/phone/start', { phone: '+12125550149' });
  return (await app.call('POST', '/v1/auth/phone/verify', { id: body.id, code: body.testCode })).body.accessToken;
}

/** What is wrong with an answer, if anything is. */
function faultIn({ status, type, text }: Answered, { statuses }: Operation): string | undefined {
  const leak = LEAKS.exec(text);
  if (leak) return `shows ${leak[0]}`;
  if (status >= 500) return `is ${status}`;
  if (!statuses.has(status) && !ANYWHERE.has(status)) return `is ${status}, which the contract does not name`;
  if (status < 400 || status === 415) return undefined;
  if (!type.startsWith('application/problem+json')) return `is ${status} of type ${type}`;
  const { code, detail } = JSON.parse(text) as { code?: unknown; detail?: unknown };
  return typeof code === 'string' && typeof detail === 'string' ? undefined : 'is no problem document';
}

describe('every route of the contract', () => {
  beforeAll(async () => {
    app = await startApp({
      APP_SECRET: SECRET,
      TRUSTED_PROXIES: '127.0.0.1',
      SMS_SIMULATION_MODE: 'true',
      SMS_RATE_LIMIT_PER_HOUR: '10000',
      SMS_RATE_LIMIT_PER_DAY: '10000',
      SMS_LOG_LEVEL: 'error',
    });
  });
  afterAll(async () => {
    agent.destroy();
    await app.close();
  });

  it(`answers ${INPUTS} malformed requests in words, and none with more than it should`, async () => {
    const { id, messageId } = (await app.call('POST', '/v1/verifications', { phone: PHONE })).body;
    const target = {
      keys: [app.key, await adminKey(app), await accessToken()],
      ids: [id as string, messageId as string],
      phone: PHONE,
    };
    const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));
    const each = Math.ceil(INPUTS / operations.length);
    const inputs = operations.flatMap((operation, index) =>
      fc
        .sample(requestsTo(operation, target), { numRuns: each, seed: seed + index })
        .map((input) => ({ operation, input })),
    );
    const faults: string[] = [];
    const counts = new Map<number, number>();
    const work = inputs.values();
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (const { operation, input } of work) {
          const answer = await send(input).catch((error: Error) => ({ status: 0, type: '', text: error.message }));
          counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
          const fault = answer.status === 0 ? `never comes: ${answer.text}` : faultIn(answer, operation);
          if (fault)
            faults.push(
              `${operation.method} ${operation.path} ${fault}\n${JSON.stringify(input).slice(0, 500)}\n${answer.text.slice(0, 300)}`,
            );
        }
      }),
    );
    console.error(`fuzz: seed ${seed}, ${inputs.length} requests: ${JSON.stringify(Object.fromEntries(counts))}`);
    expect({ seed, count: faults.length, faults: faults.slice(0, 5).join('\n\n') }).toEqual({
      seed,
      count: 0,
      faults: '',
    });
    // Not a wall that turns everything away: some of it was right.
    for (const status of [200, 201, 400, 401, 404]) expect(counts.get(status) ?? 0).toBeGreaterThan(0);
    expect(app.log()).not.toMatch(/unexpected failure/);
    expect(app.log()).not.toContain(PHONE.slice(1));
  }, 300_000);

  it('still works after that', async () => {
    const { body } = await app.call('POST', '/v1/verifications', { phone: '+12125550148' });
    const path = `/v1/verifications/${body.id}/check`;
    expect((await app.call('POST', path, { code: body.testCode })).body).toMatchObject({ valid: true });
  });
});
