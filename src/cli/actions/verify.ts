import { isUuid } from '../../kernel/index.js';
import { withProgram } from '../api/with-program.js';
import type { Where } from '../api/where.js';

interface Started {
  readonly id: string;
  readonly phone: string;
  readonly channel: string;
  readonly delivery?: string;
  readonly messageId?: string;
  readonly expiresAt: string;
  readonly sendsLeft: number;
  readonly testCode?: string;
}
interface Checked {
  readonly status: string;
  readonly valid: boolean;
  readonly checksLeft?: number;
  readonly proof?: string;
}
interface StartOptions extends Where {
  readonly channel?: string;
  readonly locale?: string;
  readonly purpose?: string;
  readonly json?: true;
}

export async function start(phone: string, { channel, locale, purpose, json, ...where }: StartOptions): Promise<void> {
  const body = { phone, ...(channel && { channel }), ...(locale && { locale }), ...(purpose && { purpose }) };
  const made = await withProgram(where, (api) => api.call<Started>('POST', '/v1/verifications', body), {
    name: 'verification.start',
  });
  if (json) return console.log(JSON.stringify(made, null, 2));
  const { id, delivery = 'unknown', messageId, expiresAt, sendsLeft, testCode } = made;
  console.log(`${id}  ${made.phone} by ${made.channel}: ${delivery}, ${sendsLeft} more texts are possible now`);
  if (testCode) console.log(`simulation: the code is ${testCode}`);
  console.log(`Until ${expiresAt}: npm run cli -- verify check ${id} CODE`);
  if (messageId) console.log(`What becomes of the text: npm run cli -- messages show ${messageId}`);
}

export async function check(id: string, code: string, { json, ...where }: Where & { json?: true }): Promise<void> {
  const path = `/v1/verifications/${encodeURIComponent(id)}/check`;
  const found = await withProgram(where, (api) => api.call<Checked>('POST', path, { code }), {
    name: 'verification.check',
    // Whoever types a phone there has not named a verification.
    ...(isUuid(id) && { subject: id }),
  });
  if (!found.valid) process.exitCode = 1;
  if (json) return console.log(JSON.stringify(found, null, 2));
  if (found.valid) console.log(`${found.status}${found.proof ? `\n${found.proof}` : ''}`);
  else console.log(`wrong code: ${found.checksLeft} more may be tried`);
}
