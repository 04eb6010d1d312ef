import { setTimeout as sleep } from 'node:timers/promises';

import type { Browser, Page } from 'playwright-core';

import { describeInBrowser, openBrowser, openWindow, screenshot } from './browser.js';
import { callAsOperator, PASSWORD, signedIn, startDashboard, typePassword, type Dashboard } from './dashboard.js';

jest.setTimeout(240_000);

const PATIENCE_MS = 60_000;

describeInBrowser('the dashboard', () => {
  let browser: Browser;
  let dashboard: Dashboard;
  beforeAll(async () => {
    [browser, dashboard] = await Promise.all([openBrowser(), startDashboard()]);
  });
  afterAll(async () => {
    await browser?.close();
    await dashboard?.stop();
  });

  let phones = 0;
  const nextPhone = () => `+1212555${2_000 + phones++}`;
  const cardOf = (page: Page, provider: string) => page.locator(`[data-provider="${provider}"]`);

  /** Sends until `isDone`, as clients do. */
  async function sendUntil(isDone: () => Promise<boolean>): Promise<void> {
    const until = Date.now() + PATIENCE_MS;
    while (!(await isDone())) {
      if (Date.now() > until) throw new Error('It did not come to that in time.');
      await dashboard.program.send(nextPhone());
      await sleep(150);
    }
  }

  it('shows a failover as it happens, and the return', async () => {
    const { program, twilio, sns } = dashboard;
    const { page, faults } = await signedIn(browser, dashboard);
    const [primary, backup] = [cardOf(page, 'twilio'), cardOf(page, 'aws-sns')];
    await primary.getByText('in rotation').waitFor();

    twilio.behave({ kind: 'status', status: 503 });
    twilio.pingsFail = true;
    const shows = (text: string) => primary.getByText(text).isVisible();
    await sendUntil(() => shows('out of rotation'));
    await primary.getByText(/failures in a row|failing/).waitFor();
    expect(await backup.textContent()).toContain('in rotation');
    await screenshot(page, 'failover-desk-light');
    const carried = sns.ledger.length;
    expect((await program.send(nextPhone())).body.delivery).toBe('accepted');
    expect(sns.ledger.length).toBeGreaterThan(carried);
    // Said to who does not look at it.
    expect(await page.locator('[role=status][aria-live=polite]').first().textContent()).toMatch(
      /twilio is out of rotation/,
    );

    twilio.behave({ kind: 'ok' });
    twilio.pingsFail = false;
    await sendUntil(() => shows('in rotation'));
    expect(faults).toEqual([]);

    await page.getByRole('link', { name: 'twilio' }).click();
    await page.getByRole('heading', { level: 1, name: 'twilio' }).waitFor();
    const history = page.getByRole('table', { name: /Changes of its standing/ });
    for (const state of ['out of rotation', 'on trial', 'in rotation'])
      await history.getByText(state).first().waitFor();
    await page.context().close();
  });

  it('takes a provider out by hand, for everybody, and puts it back', async () => {
    const { program, sns } = dashboard;
    const { page, faults } = await signedIn(browser, dashboard, '/admin/providers');
    const row = page.getByRole('row', { name: /twilio/ });
    await row.getByRole('button', { name: 'Take out' }).click();
    await page.getByLabel('Why').fill('they announced maintenance');
    await page.getByRole('dialog').getByRole('button', { name: 'Take out' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await row.getByText('taken out by hand').waitFor();
    await row.getByText('they announced maintenance').waitFor();

    const [before, carried] = [dashboard.twilio.ledger.length, sns.ledger.length];
    for (let index = 0; index < 5; index++) await program.send(nextPhone());
    expect([dashboard.twilio.ledger.length, sns.ledger.length]).toEqual([before, carried + 5]);

    await row.getByRole('button', { name: 'Put back' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Put back' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await sendUntil(() => row.getByText('in rotation').isVisible());
    expect(dashboard.twilio.ledger.length).toBeGreaterThan(before);

    await page.goto(`${dashboard.url}/admin/audit`);
    await page
      .getByRole('table', { name: /Acts of operators/ })
      .getByText('session:admin')
      .first()
      .waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('finds a verification by its phone and by its id, and shows its whole way', async () => {
    const { program, twilio } = dashboard;
    const phone = nextPhone();
    const { id } = (await program.send(phone)).body;
    const text = [...twilio.ledger, ...dashboard.sns.ledger].findLast(({ to }) => to === phone);
    const code = /\b\d{6}\b/.exec(text?.body ?? '')?.[0] ?? '';
    await program.check(id, code === '000000' ? '111111' : '000000');
    expect((await program.check(id, code)).body).toMatchObject({ status: 'approved' });

    const { page, faults } = await signedIn(browser, dashboard, '/admin/verifications');
    await page.getByLabel('Id or phone').fill(phone);
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('heading', { name: 'Of this number' }).waitFor();
    const found = page.getByRole('table', { name: 'Verifications' }).locator('tbody').getByRole('row');
    await found.first().waitFor();
    expect(await found.count()).toBe(1);
    expect(page.url()).not.toContain(phone.slice(1));
    await found.getByRole('link').click();
    await page.getByRole('heading', { level: 1, name: `Verification of +******${phone.slice(-4)}` }).waitFor();
    expect(page.url()).toContain(id);
    for (const step of ['attempt', 'attempt_ended', 'checks', 'approved'])
      await page.locator(`[data-step="${step}"]`).first().waitFor();
    const seen = (await page.locator('main').textContent()) ?? '';
    expect(seen).not.toContain(code);
    expect(seen).not.toContain(phone.slice(1, 9));

    await page.goto(`${dashboard.url}/admin/verifications`);
    await page.getByLabel('Id or phone').fill(id);
    await page.keyboard.press('Enter');
    await page.getByText('Approved', { exact: true }).waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('shows a new key once, and revokes it', async () => {
    const { page, faults } = await signedIn(browser, dashboard, '/admin/keys');
    await page.getByRole('button', { name: 'Make a key' }).click();
    await page.getByLabel('Name').fill('storefront');
    await page.getByRole('button', { name: 'Make it' }).click();
    const key = (await page.locator('[data-secret]').textContent())?.trim() ?? '';
    expect(key.length).toBeGreaterThan(20);
    const ask = () =>
      fetch(`${dashboard.url}/v1/verifications/0b6f0c1e-1111-4222-8333-444455556666`, {
        headers: { authorization: `Bearer ${key}` },
      }).then(({ status }) => status);
    expect(await ask()).toBe(404); // let in; there is no such verification
    await page.getByRole('button', { name: 'I have it' }).click();
    expect(await page.content()).not.toContain(key);
    await page
      .getByRole('row', { name: /storefront/ })
      .getByRole('button', { name: 'Revoke' })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page
      .getByRole('row', { name: /storefront/ })
      .getByText('revoked')
      .waitFor();
    expect(await ask()).toBe(401);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('keeps the page where it was when the session ends, and lets nobody in who signed out', async () => {
    const { page } = await signedIn(browser, dashboard, '/admin/audit', { expected: /401/ });
    await page.getByRole('heading', { level: 1, name: 'Audit log' }).waitFor();
    await page.context().clearCookies();
    await page.getByRole('link', { name: 'Spend' }).click();
    await page.getByText('Your session has ended').waitFor();
    await typePassword(page, PASSWORD);
    await page.getByRole('heading', { level: 1, name: 'Spend' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goto(`${dashboard.url}/admin/keys`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.context().close();
  });

  // Last: from then on nobody signs in from here.
  it('locks out who guesses, and says for how long', async () => {
    await (
      await callAsOperator(dashboard)
    )('GET', '/v1/admin/session');
    const { page, faults } = await openWindow(browser, { expected: /40[13]|429/ });
    await page.goto(`${dashboard.url}/admin/keys`);
    for (let guess = 0; guess < 5; guess++) {
      await typePassword(page, `wrong ${guess}`);
      await page.getByText('This is not the password.').waitFor();
      await page.getByRole('button', { name: 'Sign in', disabled: false }).waitFor();
    }
    await typePassword(page, PASSWORD);
    await page.getByText('Too many wrong passwords.').waitFor();
    await page.getByText(/You can try again in \d+ s/).waitFor();
    expect(await page.getByRole('button', { name: 'Sign in' }).isDisabled()).toBe(true);
    await screenshot(page, 'locked-desk-light');
    expect(faults).toEqual([]);
    await page.context().close();
  });
});

describeInBrowser('without ADMIN_PASSWORD', () => {
  it('there is a page that says how to set it', async () => {
    const { start, cleanUp, dataFolder } = await import('../setup/process.js');
    const [browser, program] = await Promise.all([openBrowser(), start({ DATA_DIR: await dataFolder() })]);
    const { page, faults } = await openWindow(browser, { expected: /404/ });
    const answer = await page.goto(`http://127.0.0.1:${program.port}/admin/keys`);
    expect(answer?.status()).toBe(404);
    await page.getByText('ADMIN_PASSWORD').waitFor();
    expect(faults).toEqual([]);
    await browser.close();
    await cleanUp();
  });
});
