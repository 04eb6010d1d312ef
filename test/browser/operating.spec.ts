import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { PGlite } from '@electric-sql/pglite';
import type { Browser, Page } from 'playwright-core';

import { dataFolder } from '../setup/process.js';
import { WebhookReceiver } from '../setup/webhook-receiver.js';
import { describeInBrowser, openBrowser } from './browser.js';
import { callAsOperator, POOL, signedIn, startDashboard, type Dashboard } from './dashboard.js';

jest.setTimeout(240_000);

const OF_THE_BLOCK = '+447400123999';
const AREAS = [212, 303, 415, 512, 617, 702, 206, 305];
const COUNTED_MS = 120_000;
/** What was sent is charged every two seconds. */
const SETTLED_MS = 5_000;

/**
 * A folder of a program that has sent ten texts to one block of numbers, none of which was answered. Only five minutes later
 * would they be taken for an attack, so what that writes down is written here.
 */
async function folderWithABlock(): Promise<string> {
  const DATA_DIR = await dataFolder();
  const { program, twilio, sns } = await startDashboard({ DATA_DIR });
  for (let index = 0; index < 10; index++) await program.send(`+4474001231${10 + index}`);
  await sleep(SETTLED_MS);
  program.signal('SIGTERM');
  await program.exit;
  await Promise.all([twilio.close(), sns.close()]);
  const db = await PGlite.create(join(DATA_DIR, 'pg'));
  const { affectedRows } = await db.query(`UPDATE prefix_budgets
    SET blocked_until = now() + interval '12 hours', probe_at = now(), strikes = 1 WHERE country = 'GB' AND level > 1`);
  expect(affectedRows).toBeGreaterThan(0);
  await db.close();
  return DATA_DIR;
}

describeInBrowser('an operator, in the dashboard', () => {
  let browser: Browser;
  let dashboard: Dashboard;
  let receiver: WebhookReceiver;
  beforeAll(async () => {
    [browser, dashboard, receiver] = await Promise.all([
      openBrowser(),
      startDashboard({ DATA_DIR: await folderWithABlock(), FRAUD_MODE: 'enforce', ROUTING: 'preference' }),
      WebhookReceiver.start(),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await dashboard?.stop();
    await receiver?.close();
  });

  let phones = 0;
  /** Each of another block of numbers, over several area codes: none of them looks like pumping. */
  const nextPhone = () => `+1${AREAS[phones % AREAS.length]}${220 + phones++}2345`;
  const rowOf = (page: Page, name: string | RegExp) => page.getByRole('row', { name });
  const confirm = (page: Page, name: string) => page.getByRole('dialog').getByRole('button', { name }).click();
  /** By keyboard alone. */
  const press = async (page: Page, name: string) => {
    await page.getByRole('button', { name }).focus();
    await page.keyboard.press('Enter');
  };

  it('unblocks a block of numbers, and they get texts again', async () => {
    const { program } = dashboard;
    expect((await program.send(OF_THE_BLOCK)).body).toMatchObject({ limit: 'destination-budget' });
    const { page, faults } = await signedIn(browser, dashboard, '/admin/countries');
    const row = rowOf(page, /United Kingdom/);
    await row
      .getByText(/numbers$/)
      .first()
      .waitFor();
    await row.getByRole('button', { name: 'Unblock' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('get texts again').waitFor();
    await confirm(page, 'Unblock');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await row.getByText('none', { exact: true }).waitFor();
    expect((await program.send(OF_THE_BLOCK)).status).toBe(201);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('has a webhook delivery told again', async () => {
    receiver.status(400);
    const admin = await callAsOperator(dashboard);
    const { body: endpoint } = await admin('POST', '/v1/webhook-endpoints', { url: receiver.url });
    await admin('POST', `/v1/webhook-endpoints/${endpoint.id}/test`);
    const { page, faults } = await signedIn(browser, dashboard, `/admin/webhooks/${endpoint.id}`);
    const row = rowOf(page, /test/).first();
    const look = async (text: string) => {
      for (const until = Date.now() + 20_000; !(await row.getByText(text, { exact: true }).isVisible()); ) {
        if (Date.now() > until) throw new Error(`It never said ${text}.`);
        await page.getByRole('button', { name: 'Look again' }).click();
        await page.waitForTimeout(200);
      }
    };
    await look('400');
    const [first] = receiver.ledger;
    receiver.status(204);
    await row.getByRole('button', { name: 'Replay' }).focus();
    await page.keyboard.press('Enter');
    await look('delivered');
    expect(receiver.ledger.length).toBeGreaterThan(1);
    expect(receiver.ledger.at(-1)).toMatchObject({ id: first?.id, body: first?.body });
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('finds texts by provider and status, in an address that can be kept, and asks why', async () => {
    const { program, twilio } = dashboard;
    const phone = nextPhone();
    twilio.behave({ kind: 'reject', code: '20429' }, 1);
    const { messageId } = (await program.send(phone)).body;
    await program.send(nextPhone());
    const { page, faults } = await signedIn(browser, dashboard, '/admin/messages');
    const rows = page.getByRole('table', { name: 'Texts' }).locator('tbody').getByRole('row');
    await rows.first().waitFor();
    expect(await rows.count()).toBeGreaterThan(1);
    await page.getByLabel('Asked last').selectOption('aws-sns');
    await page.getByLabel('Country').fill('us');
    await page.keyboard.press('Enter');
    await page.waitForURL(/provider=aws-sns/);
    await rows.getByText('aws-sns (sms)').first().waitFor();
    await page.reload();
    await rows.getByText('aws-sns (sms)').first().waitFor();
    expect(await rows.count()).toBe(1);
    expect(await page.getByLabel('Asked last').inputValue()).toBe('aws-sns');

    await page.getByLabel('Id or phone').fill(phone);
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('heading', { name: 'Of this number' }).waitFor();
    expect(page.url()).not.toContain(phone.slice(1));
    await rows.getByRole('link').click();
    await page.getByText('twilio did not take the text').waitFor();
    await page.getByRole('link', { name: 'Why this provider' }).click();
    await page.getByText(/aws-sns, by failover: accepted/).waitFor();
    expect(page.url()).toContain(messageId);
    expect(await page.locator('main').textContent()).not.toContain(phone.slice(1, 9));
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('lets a sender rest and puts it back, and texts go out as is shown', async () => {
    const { program, twilio } = dashboard;
    const { page, faults } = await signedIn(browser, dashboard, '/admin/senders');
    const [resting, other] = POOL;
    const senders = () => new Set(twilio.ledger.slice(-6).map(({ from }) => from));
    const sendSix = async () => {
      for (let index = 0; index < 6; index++) expect((await program.send(nextPhone())).status).toBe(201);
    };
    const row = rowOf(page, new RegExp(`\\${resting}`));
    await press(page, `Rest ${resting}`);
    await page.getByLabel('Hours').fill('3');
    await page.keyboard.press('Enter');
    await row.getByText(/ends in [23].h.*: by hand/).waitFor();
    await sendSix();
    expect(senders()).toEqual(new Set([other]));
    await press(page, `Put back ${resting}`);
    await confirm(page, 'Put back');
    await row.getByText('awake').waitFor();
    await press(page, `Rest ${other}`);
    await confirm(page, 'Rest');
    await rowOf(page, new RegExp(`\\${other}`))
      .getByText('rests')
      .waitFor();
    await sendSix();
    expect(senders()).toEqual(new Set([resting]));
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('sets a rule and takes it back, and texts go as it says', async () => {
    const { program, twilio, sns } = dashboard;
    const send = async () => {
      const phone = nextPhone();
      await program.send(phone);
      return [twilio, sns].filter(({ ledger }) => ledger.at(-1)?.to === phone);
    };
    const { page, faults } = await signedIn(browser, dashboard, '/admin/routing', { expected: /400/ });
    expect(await send()).toEqual([twilio]);
    await press(page, 'Set a rule');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Country').fill('us');
    await dialog.getByLabel('Providers').fill('aws-sns, nexmo');
    await confirm(page, 'Set it');
    await dialog.getByText(/"nexmo" in providers is no provider/).waitFor();
    await dialog.getByLabel('Providers').fill('aws-sns, twilio');
    await confirm(page, 'Set it');
    await rowOf(page, /United States/)
      .getByText('aws-sns, then twilio')
      .waitFor();
    await page.getByLabel('Country').fill('us');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'United States (US), sms' }).waitFor();
    await page.getByText('by a rule').waitFor();
    expect(await send()).toEqual([sns]);
    await press(page, 'Take back');
    await confirm(page, 'Take back');
    await page.getByText('everything goes by ROUTING=preference').waitFor();
    expect(await send()).toEqual([twilio]);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('writes a version, is told what is wrong before it is saved, and goes back', async () => {
    const { program, twilio } = dashboard;
    const written = async () => {
      await program.send(nextPhone());
      return twilio.ledger.at(-1)?.body;
    };
    const { page, faults } = await signedIn(browser, dashboard, '/admin/templates/verification/en', {
      expected: /400/,
    });
    const text = page.getByLabel('Text', { exact: false }).first();
    const save = page.getByRole('button', { name: 'Save' });
    const draft = page.getByRole('status');
    expect(await save.isDisabled()).toBe(true);
    await text.fill('Your {{brand}} code');
    await draft.getByText('it has no {{code}}').waitFor();
    expect(await save.isDisabled()).toBe(true);
    await text.fill('{{code}} – your code ł');
    await draft.getByText('it does not say who sends it').waitFor();
    await draft.getByText(/makes it UCS-2: – \(-\), ł/).waitFor();
    await text.fill(`{{code}} is for {{brand}}. ${'Nobody else may see it. '.repeat(8)}`);
    await draft.getByText('2 segments').waitFor();
    await text.fill('{{code}} opens {{brand}}.');
    await draft.getByText('1 segment').waitFor();
    expect(await page.locator('[data-preview]').textContent()).toMatch(/^\d{6} opens Sixdigit\./);
    await save.focus();
    await page.keyboard.press('Enter');
    await page.getByText('version 1').first().waitFor();
    expect(await written()).toMatch(/^\d{6} opens Sixdigit\./);

    await text.fill('{{code}} lets you into {{brand}}.');
    await draft.getByText('lets you into').waitFor();
    await save.click();
    await page.getByText('version 2').first().waitFor();
    await press(page, 'Roll back to version 1');
    await confirm(page, 'Roll back');
    await page.getByText('version 3').first().waitFor();
    expect(await written()).toMatch(/^\d{6} opens Sixdigit\./);
    await press(page, 'Back to the file');
    await confirm(page, 'Send it');
    await page.getByText('built-in').waitFor();
    expect(await written()).toMatch(/is your Sixdigit code/);

    await page.getByLabel('As a wording of its own').fill('brief');
    await text.fill('{{code}} {{brand}}');
    await draft.getByText('1 segment').waitFor();
    await save.click();
    await page.waitForURL(/verification\/en\/brief$/);
    await page.getByRole('heading', { level: 1, name: 'verification · en · brief' }).waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('sees what texts brought, and takes it home as CSV', async () => {
    const { program, twilio } = dashboard;
    const { id } = (await program.send(nextPhone())).body;
    const code = /\b\d{6}\b/.exec(twilio.ledger.at(-1)?.body ?? '')?.[0] ?? '';
    expect((await program.check(id, code)).body).toMatchObject({ status: 'approved' });
    const admin = await callAsOperator(dashboard);
    const counted = async () => (await admin('GET', '/v1/admin/analytics')).body;
    const until = Date.now() + COUNTED_MS;
    while ((await counted()).total.approved === 0 && Date.now() < until) await sleep(500);
    expect((await counted()).total.approved).toBe(1);
    const { page, faults } = await signedIn(browser, dashboard, '/admin/analytics');
    await page.getByLabel('The last').selectOption('24 hours');
    await page.getByRole('combobox', { name: 'By', exact: true }).selectOption('country');
    await page.getByLabel('and by').selectOption('provider');
    await page.getByRole('button', { name: 'Show' }).focus();
    await page.keyboard.press('Enter');
    const table = page.getByRole('table', { name: 'Texts by country and provider' });
    const { total } = await counted();
    const all = table.getByRole('row', { name: 'All' });
    await all.waitFor();
    expect(await all.getByRole('cell').allTextContents()).toEqual(
      expect.arrayContaining([String(total.sent), String(total.approved)]),
    );
    expect(page.url()).toMatch(/days=1&by=country&and=provider/);
    await page.getByRole('img', { name: /were sent, \d+ approved/ }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'CSV' }).click(),
    ]);
    const [head, ...lines] = readFileSync(await download.path(), 'utf8')
      .trim()
      .split(/\r?\n/);
    expect(head).toMatch(/^country,provider,sent,delivered,approved,/);
    expect(lines.some((line) => line.startsWith('US,twilio,'))).toBe(true);
    expect(faults).toEqual([]);
    await page.context().close();
  });
});
