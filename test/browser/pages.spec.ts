import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import type { Browser } from 'playwright-core';

import { describeInBrowser, openBrowser, overflowOf, SCHEMES, screenshot, SIZES, violationsIn } from './browser.js';
import { signedIn, startDashboard, type Dashboard } from './dashboard.js';
import { fill, type Filled } from './fill.js';

jest.setTimeout(300_000);

const MOST_BYTES = 60 * 1_024;
const FIRST_PAINT_MS = 1_000;

/** Each page by its name, and by what stands on it once it is there. */
const pagesOf = ({
  verification,
  endpoint,
  message,
}: Filled): readonly (readonly [name: string, path: string, heading: string, text: string])[] => [
  ['now', '/admin', 'Now', 'Sends a minute'],
  ['providers', '/admin/providers', 'Providers', 'aws-sns'],
  ['provider', '/admin/providers/twilio', 'twilio', 'Where it stands'],
  ['verifications', '/admin/verifications', 'Verifications', '+******'],
  ['verification', `/admin/verifications/${verification}`, 'Verification of', 'Approved'],
  ['texts', '/admin/messages', 'Texts', 'aws-sns (sms)'],
  ['text', `/admin/messages/${message}`, 'Text to', 'twilio took the text'],
  ['senders', '/admin/senders', 'Senders', 'must be registered there'],
  ['routing', '/admin/routing', 'Routing', 'The shadow'],
  ['routing-why', `/admin/routing?message=${message}`, 'Routing', 'twilio, by'],
  ['analytics', '/admin/analytics?by=provider&and=country', 'Analytics', 'United Kingdom'],
  ['countries', '/admin/countries', 'Countries', 'United States'],
  ['spend', '/admin/spend', 'Spend', 'By provider and country'],
  ['templates', '/admin/templates', 'Templates', 'short'],
  ['template', '/admin/templates/verification/en', 'verification', '1 segment'],
  ['webhooks', '/admin/webhooks', 'Webhooks', 'http://127.0.0.1'],
  ['webhook', `/admin/webhooks/${endpoint}`, 'Webhook', 'What it was told'],
  ['keys', '/admin/keys', 'Keys', 'shop'],
  ['audit', '/admin/audit', 'Audit log', 'key.create'],
  ['nothing', '/admin/nothing/here', 'Nothing here', 'no page'],
];

const ASSETS = 'dist-pages/assets';
const isAsset = (name: string) => !/\.(gz|br)$/.test(name);

/** All that a page can come to load: what its document names, and what that names. */
function filesOf(page: string): string[] {
  const found = new Set<string>();
  const follow = (text: string) => {
    for (const name of readdirSync(ASSETS).filter((each) => isAsset(each) && text.includes(each) && !found.has(each))) {
      found.add(name);
      follow(readFileSync(join(ASSETS, name), 'utf8'));
    }
  };
  follow(readFileSync(`dist-pages/${page}/index.html`, 'utf8'));
  return [...found];
}

function weightOf(names: readonly string[]) {
  const bytes = names.reduce((sum, name) => sum + gzipSync(readFileSync(join(ASSETS, name)), { level: 9 }).length, 0);
  return { bytes, files: names.length, said: `${(bytes / 1_024).toFixed(1)} KiB in ${names.length} files` };
}

describeInBrowser('the pages of the dashboard', () => {
  let browser: Browser;
  let dashboard: Dashboard;
  let filled: Filled;
  beforeAll(async () => {
    [browser, dashboard] = await Promise.all([openBrowser(), startDashboard()]);
    filled = await fill(dashboard);
  });
  afterAll(async () => {
    await browser?.close();
    await dashboard?.stop();
  });

  const WINDOWS = (Object.keys(SIZES) as (keyof typeof SIZES)[]).flatMap((size) =>
    SCHEMES.map((scheme) => ({ size, scheme })),
  );

  it.each(WINDOWS)('are for everybody, on a $size, in the $scheme', async ({ size, scheme }) => {
    const { page, faults } = await signedIn(browser, dashboard, '/admin', { size, scheme });
    await filled.counted();
    for (const [name, path, heading, text] of pagesOf(filled)) {
      await page.goto(dashboard.url + path);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      await page.getByText(text).first().waitFor({ state: 'attached' });
      expect(await page.title()).toContain(`${heading}`);
      await page.locator('.skeleton').first().waitFor({ state: 'detached' }); // as long as there is any
      await screenshot(page, `${name}-${size}-${scheme}`);
      expect([name, await violationsIn(page)]).toEqual([name, []]);
      expect([name, await overflowOf(page)]).toEqual([name, 0]);
    }
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it.each(WINDOWS)(
    'so are what opens over them, and the sign-in, on a $size, in the $scheme',
    async ({ size, scheme }) => {
      const { page, faults } = await signedIn(browser, dashboard, '/admin/keys', { size, scheme });
      await page.getByRole('button', { name: 'Make a key' }).click();
      await page.getByRole('dialog').waitFor();
      await screenshot(page, `dialog-${size}-${scheme}`);
      expect(await violationsIn(page)).toEqual([]);
      await page.keyboard.press('Escape');
      if (size === 'phone') {
        await page.getByRole('button', { name: 'Menu' }).click();
        await screenshot(page, `menu-${size}-${scheme}`);
        expect(await violationsIn(page)).toEqual([]);
      }
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await screenshot(page, `sign-in-${size}-${scheme}`);
      expect(await violationsIn(page)).toEqual([]);
      expect(faults).toEqual([]);
      await page.context().close();
    },
  );

  it('are led through by keyboard alone: the focus goes to the new heading, and back from a dialog', async () => {
    const { page } = await signedIn(browser, dashboard);
    await page.getByRole('link', { name: 'Keys' }).focus();
    await page.keyboard.press('Enter');
    const heading = page.getByRole('heading', { level: 1, name: 'Keys' });
    await heading.waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Keys');
    const open = page.getByRole('button', { name: 'Make a key' });
    await open.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    for (let tab = 0; tab < 12; tab++) {
      await page.keyboard.press('Tab');
      // The focus may rest on the browser's own bar between two rounds, but never on what is behind.
      expect(
        await page.evaluate(
          'document.activeElement.closest("main") === null || document.activeElement.closest("dialog") !== null',
        ),
      ).toBe(true);
    }
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Make a key');
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Now' }).waitFor();
    await page.context().close();
  });

  it('show something within a second, and weigh 60 KB at most', async () => {
    const { page } = await signedIn(browser, dashboard);
    const paints: number[] = [];
    for (let time = 0; time < 3; time++) {
      await page.goto(`${dashboard.url}/admin`);
      await page.getByRole('heading', { level: 1, name: 'Now' }).waitFor();
      // The heading may be in the document a frame before it is painted.
      const paint = await page.waitForFunction('performance.getEntriesByName("first-contentful-paint")[0]?.startTime');
      paints.push((await paint.jsonValue()) as number);
    }
    await page.context().close();
    console.log(`first contentful paint: ${paints.map((ms) => `${Math.round(ms)} ms`).join(', ')}`);
    expect(Math.min(...paints)).toBeLessThan(FIRST_PAINT_MS);

    const [own, all] = [weightOf(filesOf('admin')), weightOf(readdirSync(ASSETS).filter(isAsset))];
    console.log(`the dashboard: ${own.said} gzipped; with the inbox: ${all.said}`);
    expect(own.files).toBeGreaterThan(3);
    expect(own.files).toBeLessThan(all.files);
    expect(own.bytes).toBeLessThanOrEqual(MOST_BYTES);
  });
});
