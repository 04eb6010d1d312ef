import type { Browser, Page } from 'playwright-core';

import { startApp, type TestApp } from '../setup/app.js';
import { freePort } from '../setup/free-port.js';
import {
  describeInBrowser,
  openBrowser,
  openWindow,
  overflowOf,
  SCHEMES,
  screenshot,
  SIZES,
  violationsIn,
  type WindowOptions,
} from './browser.js';

jest.setTimeout(240_000);

const A_SECOND_MS = 1_000;

describeInBrowser('the inbox', () => {
  let browser: Browser;
  let app: TestApp;
  let numbers = 0;
  const somebody = () => `+1303555${String(4_000 + numbers++)}`;
  const start = async (phone: string, more = {}) =>
    (await app.call('POST', '/v1/verifications', { phone, ...more })).body;
  const open = async (path = '/inbox', options: WindowOptions = {}) => {
    const window = await openWindow(browser, options);
    await window.page.goto(app.url + path);
    await window.page.getByText('live', { exact: true }).waitFor();
    await window.page.getByRole('navigation').waitFor();
    return window;
  };
  const bubble = (page: Page, text: string) =>
    page.getByRole('region', { name: 'Messages' }).locator('.bubble', { hasText: text });

  beforeAll(async () => {
    [browser, app] = await Promise.all([openBrowser(), startApp({ SMS_DAILY_COST_LIMIT: '500' })]);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });
  beforeEach(async () => {
    for (const what of ['messages', 'plans'])
      await app.call('DELETE', `/v1/inbox/${what}`, undefined, { authorization: '' });
  });

  it('shows a code less than a second after it was asked for, and copies it', async () => {
    const { page, faults } = await open();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByText('No message yet').waitFor();
    const phone = somebody();
    // Measured in the page itself: from when the request leaves to when the number is in the document.
    await page.evaluate(
      `window.shownAt = 0; new MutationObserver(() => { if (!window.shownAt && document.querySelector('.screen').textContent.includes('${phone}')) window.shownAt = Date.now(); }).observe(document.body, { subtree: true, childList: true, characterData: true })`,
    );
    const askedAt = Date.now();
    const { testCode } = await start(phone);
    await bubble(page, phone).getByText(testCode).first().waitFor();
    const tookMs = (await page.evaluate<number>('window.shownAt')) - askedAt;
    expect(tookMs).toBeGreaterThan(0);
    expect(tookMs).toBeLessThan(A_SECOND_MS);
    if (process.env.SCREENSHOTS) console.log(`shown after ${tookMs} ms`);
    await page.getByRole('button', { name: `Copy the code ${testCode}` }).click();
    await page.getByText('Copied', { exact: true }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(testCode);
    await bubble(page, phone).getByText('delivered').waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('fails by a button, and shows the failover', async () => {
    const { page, faults } = await open();
    await page.getByRole('button', { name: 'Fail' }).click();
    await page.getByText('waits for the next to anybody').waitFor();
    const phone = somebody();
    const { testCode } = await start(phone);
    const [failed, arrived] = [
      bubble(page, 'by mock ').or(bubble(page, 'not taken')).first(),
      bubble(page, 'by mock-backup'),
    ];
    await failed.getByText('not taken: server error').waitFor();
    await arrived.getByText(testCode).first().waitFor();
    await arrived.getByText('delivered').waitFor();
    expect(await page.getByText('waits for the next').count()).toBe(0);
    await arrived.getByRole('button', { name: /Delivery/ }).click();
    await arrived.getByText('mock-backup was asked by failover').waitFor();
    await arrived.getByText('mock: unconfirmed').waitFor();
    await arrived.getByText('report: delivered').waitFor();
    await screenshot(page, 'inbox-failover');
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('is late and blocked by buttons, for one number alone', async () => {
    const [phone, other] = [somebody(), somebody()];
    const { page, faults } = await open(`/inbox/${encodeURIComponent(phone)}`);
    await page.getByRole('button', { name: 'Be late' }).click();
    await page.getByText(`waits for the next to ${phone}`).waitFor();
    await start(other);
    await start(phone);
    const late = bubble(page, 'on its way');
    await late.getByRole('button', { name: /Delivery/ }).click();
    await late.getByRole('button', { name: 'Block it' }).click();
    await bubble(page, 'not delivered: 30007').waitFor();
    expect(await page.getByRole('region', { name: 'Messages' }).textContent()).not.toContain(other);
    // The engine sends it once more, by the other.
    await bubble(page, 'by mock-backup').getByText('delivered').waitFor();
    await screenshot(page, 'inbox-blocked');
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('finds, clears, and is used without a mouse', async () => {
    const [first, second] = [somebody(), somebody()];
    const { testCode } = await start(first);
    await start(second);
    const { page, faults } = await open();
    await page.getByLabel('Search').fill(testCode);
    await bubble(page, first).waitFor();
    expect(await page.locator('.bubble').count()).toBe(1);
    await page.getByLabel('Search').fill('');
    await page.getByRole('link', { name: new RegExp(`\\${second}`) }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: second }).first().waitFor();
    expect(page.url()).toContain(encodeURIComponent(second));
    await page.getByRole('button', { name: 'Clear' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Forget them' }).click();
    await page.getByText('No message yet').waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('keeps up with a burst, and finds one of its messages', async () => {
    const { page, faults } = await open();
    const [first, most] = [9_000, 300];
    let next = first;
    const send = async () => {
      while (next < first + most) {
        const number = next++;
        await app.call('POST', '/v1/messages', { to: `+1407555${number}`, body: `Table ${number} is ready.` });
      }
    };
    await Promise.all([send(), send(), send(), send()]);
    const sentAt = Date.now();
    const count = page.getByRole('link', { name: /^All numbers/ });
    await count.getByText(String(most), { exact: true }).waitFor();
    // Drawn one by one, it takes half a minute.
    expect(Date.now() - sentAt).toBeLessThan(10_000);
    await page.getByLabel('Search').fill(`table ${first + 7}`);
    await bubble(page, `Table ${first + 7} is ready.`).waitFor();
    expect(await page.locator('.bubble').count()).toBe(1);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('comes back by itself when the server does', async () => {
    const PORT = String(await freePort());
    const first = await startApp({ PORT });
    const { page } = await openWindow(browser, { expected: /./ });
    await page.goto(`${first.url}/inbox`);
    await page.getByText('live', { exact: true }).waitFor();
    await first.close();
    await page.getByText('connection lost').waitFor();
    const second = await startApp({ PORT });
    const phone = somebody();
    await second.call('POST', '/v1/verifications', { phone });
    await page.getByText('live', { exact: true }).waitFor();
    await bubble(page, phone).waitFor();
    await page.context().close();
    await second.close();
  });

  const windows = (Object.keys(SIZES) as (keyof typeof SIZES)[]).flatMap((size) =>
    SCHEMES.map((scheme) => ({ size, scheme })),
  );
  it.each(windows)('is for everybody, on a $size, in the $scheme', async ({ size, scheme }) => {
    const empty = await open('/inbox', { size, scheme });
    await empty.page.getByText('No message yet').waitFor();
    expect(await violationsIn(empty.page)).toEqual([]);
    await screenshot(empty.page, `inbox-empty-${size}-${scheme}`);
    await empty.page.context().close();

    await app.call('POST', '/v1/inbox/plans', { outcome: 'throttled' }, { authorization: '' });
    await start(somebody());
    const arabic = somebody();
    await start(arabic, { locale: 'ar' });
    await app.call('POST', '/v1/inbox/plans', { outcome: 'late' }, { authorization: '' });
    await start(somebody(), { locale: 'de' });
    await app.call(
      'POST',
      '/v1/inbox/plans',
      { outcome: 'blocked', phone: somebody(), times: 2 },
      { authorization: '' },
    );
    const { page, faults } = await open('/inbox', { size, scheme });
    await bubble(page, arabic).waitFor();
    expect(await page.evaluate(`getComputedStyle(document.querySelector('.text[lang^="ar"]')).direction`)).toBe('rtl');
    await bubble(page, 'on its way')
      .getByRole('button', { name: /Delivery/ })
      .click();
    await page.getByText('Scenario numbers').click();
    await page.getByText('+150055510xx').waitFor();
    await page.getByRole('button', { name: 'Lose it' }).waitFor();
    expect(await violationsIn(page)).toEqual([]);
    expect(await overflowOf(page)).toBe(0);
    await screenshot(page, `inbox-${size}-${scheme}`);
    expect(faults).toEqual([]);
    await page.context().close();
  });
});
