import type { Browser, Page } from 'playwright-core';

import { describeInBrowser, openBrowser } from './browser.js';
import { PASSWORD, signedIn, startDashboard, typePassword, type Dashboard } from './dashboard.js';

jest.setTimeout(120_000);

describeInBrowser('several tabs of one browser', () => {
  let browser: Browser;
  let dashboard: Dashboard;
  beforeAll(async () => {
    [browser, dashboard] = await Promise.all([openBrowser(), startDashboard()]);
  });
  afterAll(async () => {
    await browser?.close();
    await dashboard?.stop();
  });

  const isLive = (page: Page) => page.getByText('live', { exact: true }).waitFor();
  /** What a browser tells the page when somebody goes to another tab, or comes back. */
  const look = (page: Page, isAway: boolean) =>
    page.evaluate(
      `Object.defineProperty(document, 'hidden', { value: ${isAway}, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`,
    );

  it('are all live when they are looked at, however many there are', async () => {
    const { page: first } = await signedIn(browser, dashboard);
    await isLive(first);
    const tabs = [first];
    // A browser has six connections to a server; a stream in each tab would take them all.
    while (tabs.length < 8) {
      await look(tabs.at(-1) ?? first, true);
      const tab = await first.context().newPage();
      await tab.goto(`${dashboard.url}/admin`);
      await isLive(tab);
      tabs.push(tab);
    }
    await look(tabs.at(-1) ?? first, true);
    await first.getByText('connecting', { exact: true }).waitFor();
    await look(first, false);
    await isLive(first);
    await first.context().close();
  });

  it('go on with the session that somebody began in another one', async () => {
    const { page } = await signedIn(browser, dashboard, '/admin/keys', { expected: /403/ });
    const other = await page.context().newPage();
    await other.goto(`${dashboard.url}/admin`);
    await other.getByRole('button', { name: 'Sign out' }).click();
    await typePassword(other, PASSWORD);
    await isLive(other);
    await page.getByRole('button', { name: 'Make a key' }).click();
    await page.getByLabel('Name').fill('tabs');
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.locator('[data-secret]').waitFor();
    await page.context().close();
  });

  it('say which member of what was filled in is wrong, and how', async () => {
    const { page } = await signedIn(browser, dashboard, '/admin/keys', { expected: /400/ });
    await page.getByRole('button', { name: 'Make a key' }).click();
    await page.getByLabel('Name').fill('The Shop');
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('alert').getByText('name must be 1 to 40 characters of a-z 0-9 -').waitFor();
    await page.context().close();
  });
});
