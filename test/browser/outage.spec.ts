import type { Browser } from 'playwright-core';

import { DatabaseProxy } from '../setup/database-proxy.js';
import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { describeInBrowser, openBrowser } from './browser.js';
import { signedIn, startDashboard, type Dashboard } from './dashboard.js';

jest.setTimeout(120_000);

// The embedded database is in the program itself: nothing comes between them.
(serverUrl ? describeInBrowser : describe.skip)('the dashboard, while the database is away', () => {
  let browser: Browser;
  let database: TestDatabase;
  let proxy: DatabaseProxy;
  let dashboard: Dashboard;
  beforeAll(async () => {
    [browser, database] = await Promise.all([openBrowser(), openTestDatabase()]);
    proxy = await DatabaseProxy.to(new URL(database.url ?? ''));
    dashboard = await startDashboard({ DATABASE_URL: proxy.url });
  });
  afterAll(async () => {
    await browser?.close();
    await dashboard?.stop();
    await proxy?.cut();
    await database?.drop();
  });

  it('does not call old numbers live, and goes on by itself, also in a tab that was opened meanwhile', async () => {
    const { page } = await signedIn(browser, dashboard, '/admin', { expected: /503|401/ });
    const isLive = page.getByText('live', { exact: true });
    await isLive.waitFor();

    await proxy.cut();
    await page.locator('.badge', { hasText: 'no new numbers' }).waitFor();
    expect(await isLive.count()).toBe(0);
    expect(await page.getByRole('heading', { name: 'Sends a minute' }).count()).toBe(1);
    const late = await page.context().newPage();
    await late.goto(`${dashboard.url}/admin`);
    await late.getByText('The database cannot be reached.').waitFor();

    await proxy.restore();
    await isLive.waitFor();
    await late.getByText('live', { exact: true }).waitFor();
    await page.context().close();
  });
});
