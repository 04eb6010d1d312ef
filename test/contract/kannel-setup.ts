import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { readConfig } from '../../src/config/index.js';
import { PhoneNumber, type Source } from '../../src/kernel/index.js';
import { isClosable, isPingable, type ProviderError, type SmsProvider } from '../../src/sms/index.js';
import { PRODUCTION } from '../setup/process.js';
import { type Kannel, missingKannel } from '../support/index.js';

export const NUMBER = '+14155552671';
/** Which the test's own configuration has no link for. */
export const NO_ROUTE = '+4930901820';
export const withKannel = missingKannel.length > 0 ? describe.skip : describe;
if (missingKannel.length > 0)
  process.stderr.write(`Skipped, for Kannel (docs/kannel.md) is not installed: no ${missingKannel.join(', no ')}\n`);

/** As `docs/kannel.md` says; `query` comes on top. */
export const kannelEnv = (kannel: Kannel, query = ''): Source => ({
  SMS_HTTP_METHOD: 'GET',
  SMS_HTTP_URL: `${kannel.sendsmsUrl}&from={from}&to={to}&text={text}&charset=UTF-8&coding=2&validity={validForMins}${query}`,
  SMS_HTTP_SENDER: 'Sixdigit',
  SMS_HTTP_SUCCESS_PATTERN: '^0: Accepted',
  SMS_HTTP_REFUSAL_PATTERN: '^(Not routable|Temporal failure)',
  SMS_HTTP_PING_URL: kannel.statusUrl,
  SMS_HTTP_PING_PATTERN: 'smsbox:[^]*on-line[^]*\\(online',
});

const open: SmsProvider[] = [];

export async function closeProviders(): Promise<void> {
  for (const provider of open.splice(0)) if (isClosable(provider)) await provider.close();
}

/** Made by the program's own way from environment to adapter. */
export function providerOf(env: Source): SmsProvider {
  const [configured] = readConfig({ ...PRODUCTION, DATA_DIR: tmpdir(), ...env }).sms.providers;
  if (configured?.definition.name !== 'http') throw new Error('not configured');
  const provider = configured.definition.create(configured.env, {});
  open.push(provider);
  return provider;
}

/** @returns the fault, or `accepted` */
export async function send(
  provider: SmsProvider,
  body = '012345 is your code',
  to = NUMBER,
  ms = 5_000,
): Promise<string> {
  const message = { to: PhoneNumber.parse(to), body, validForSecs: 600, attemptId: randomUUID() };
  try {
    const { providerMessageId } = await provider.send(message, AbortSignal.timeout(ms));
    expect(providerMessageId).toBe(message.attemptId);
    return 'accepted';
  } catch (error) {
    expect((error as Error).message).not.toMatch(/012345|4155552671|secret/);
    return (error as ProviderError).fault;
  }
}

export async function pingOf(provider: SmsProvider): Promise<string> {
  if (!isPingable(provider)) throw new Error('there is a ping URL');
  return provider.ping(AbortSignal.timeout(5_000)).then(
    () => 'accepted',
    (error: ProviderError) => error.fault,
  );
}

/** @throws when `read` is still undefined or false after 10 s */
export async function eventually<T>(what: string, read: () => T | undefined | false): Promise<T> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(20)) {
    const value = read();
    if (value !== undefined && value !== false) return value;
  }
  throw new Error(`never came: ${what}`);
}
