import type { Browser, Page } from 'playwright-core';

import type { Source } from '../../src/kernel/index.js';
import { FakeSns, FakeTwilio } from '../support/index.js';
import { cleanUp, dataFolder, start, twilioEnv, type Program } from '../setup/process.js';
import { openWindow, type Window, type WindowOptions } from './browser.js';

export const PASSWORD = 'correct horse battery staple';

/** Two numbers and a name: the pool of Twilio. */
export const POOL = ['+12125551000', '+12125551001'] as const;
export const RESTING = POOL[1];

/** The real program in front of two fake providers. */
export interface Dashboard {
  readonly program: Program;
  readonly twilio: FakeTwilio;
  readonly sns: FakeSns;
  readonly url: string;
  stop(): Promise<void>;
}

/** @param env on top of that */
export async function startDashboard(env: Source = {}): Promise<Dashboard> {
  const [twilio, sns] = await Promise.all([FakeTwilio.start(), FakeSns.start()]);
  const program = await start({
    DATA_DIR: await dataFolder(),
    ADMIN_PASSWORD: PASSWORD,
    WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8',
    ...twilioEnv(twilio),
    TWILIO_FROM_NUMBERS: POOL.join(),
    TWILIO_SENDER_IDS: 'GB:Acme',
    ROUTING: 'shadow',
    ...env,
    AWS_SNS_ACCESS_KEY_ID: 'AKIAFAKE00000000',
    AWS_SNS_SECRET_ACCESS_KEY: 'fake-secret',
    AWS_SNS_ENDPOINT: sns.url,
    ...env,
  });
  const stop = async () => {
    await cleanUp();
    await Promise.all([twilio.close(), sns.close()]);
  };
  return { program, twilio, sns, url: `http://127.0.0.1:${program.port}`, stop };
}

export async function typePassword(page: Page, password: string): Promise<void> {
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** A window in which an operator has signed in, at `path`. */
export async function signedIn(
  browser: Browser,
  { url }: Dashboard,
  path = '/admin',
  options?: WindowOptions,
): Promise<Window> {
  const window = await openWindow(browser, options);
  await window.page.goto(url + path);
  await typePassword(window.page, PASSWORD);
  await window.page
    .getByRole('navigation', { name: 'Pages', exact: true, includeHidden: true })
    .waitFor({ state: 'attached' });
  return window;
}

/** What an operator's page does, without the page. */
export async function callAsOperator({ url }: Dashboard) {
  const headers = { 'content-type': 'application/json', origin: url, 'sec-fetch-site': 'same-origin' };
  const session = await fetch(`${url}/v1/admin/session`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ password: PASSWORD }),
  });
  const { csrfToken } = (await session.json()) as { readonly csrfToken: string };
  const cookie = session.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  return async (method: string, path: string, body?: unknown) => {
    const response = await fetch(url + path, {
      method,
      headers: { ...headers, cookie, 'x-csrf-token': csrfToken },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : undefined };
  };
}
