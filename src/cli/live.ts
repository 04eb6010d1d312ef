import { createInterface } from 'node:readline/promises';
import { setTimeout as wait } from 'node:timers/promises';

import { environment, examine } from '../config/index.js';
import { PhoneNumber, type CountryCode } from '../kernel/index.js';
import { withProgram } from './api/with-program.js';
import type { ProgramApi } from './api/program-api.js';
import { timelineOf, type Shown } from './api/timeline.js';
import { addressOf, type Where } from './api/where.js';
import { UsageError } from './usage-error.js';

export interface LiveOptions extends Where {
  /** The phone. */
  readonly live?: string;
  readonly yes?: true;
  /** Seconds. */
  readonly wait: number;
}

export type LiveResult =
  | { readonly sent: false; readonly why: string }
  | {
      readonly sent: true;
      readonly took: boolean;
      readonly report: 'came' | 'missing' | 'cannot come';
      readonly message: Shown;
    };

const LOOK_EVERY_MS = 500;
const GONE_OUT = new Set(['accepted', 'sent', 'delivered']);
const FINAL = new Set(['delivered', 'undelivered', 'failed', 'canceled']);

/** One real text by the whole way: limits, the day's budget and opt-outs count as for any other. @throws {UsageError} */
export async function sendLive(phone: string, { yes, wait: waitSecs, ...where }: LiveOptions): Promise<LiveResult> {
  const { env, setup } = examine(environment());
  const to = PhoneNumber.parse(phone, env.verification.PHONE_DEFAULT_REGION.toUpperCase() as CountryCode);
  const isRemote = addressOf(where) !== undefined;
  if (!isRemote && setup.mode !== 'live') return { sent: false, why: `no text leaves: ${setup.mode}` };
  if (!yes && !(await isAgreed(`Send one real text to ${to.masked}? It is paid for. [y/N] `)))
    return { sent: false, why: 'not agreed to' };
  // The embedded database serves us alone now, so nobody is there to take a report.
  const canReport = isRemote || Boolean(env.server.PUBLIC_BASE_URL && env.storage.DATABASE_URL);
  const body = `${env.verification.BRAND_NAME}: this is a test, nobody needs to do anything.`;
  const send = async (api: ProgramApi): Promise<LiveResult> => {
    const { id } = await api.call<{ id: string }>('POST', '/v1/messages', { to: to.e164, body });
    for (const end = performance.now() + (canReport ? waitSecs * 1_000 : 0); ; await wait(LOOK_EVERY_MS)) {
      const message = await api.call<Shown>('GET', `/v1/messages/${id}`);
      const isOver = performance.now() >= end || FINAL.has(message.status);
      if (!isOver) continue;
      const reported = message.attempts.some(({ report }) => report !== undefined);
      const report = reported ? 'came' : canReport ? 'missing' : 'cannot come';
      return { sent: true, took: GONE_OUT.has(message.status), report, message };
    }
  };
  return withProgram(where, send, { name: 'message.send' });
}

async function isAgreed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UsageError('--live asks before it sends, and there is nobody to ask.', 'Add --yes where it is meant.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}

const REPORTS = {
  came: 'Its network reported.',
  missing: 'No delivery report came in time: look at PUBLIC_BASE_URL, and again later by messages show.',
  'cannot come':
    'No delivery report can come: that takes PUBLIC_BASE_URL and the running program, named by --url or sharing its PostgreSQL.',
} as const;

export function linesOf(result: LiveResult): readonly string[] {
  if (!result.sent) return [`Live: nothing was sent, ${result.why}.`];
  return ['Live', ...timelineOf(result.message).map((line) => `  ${line}`), `  ${REPORTS[result.report]}`];
}
