import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { source as axe } from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';

/** Debian's; `node scripts/chromium.mjs` installs it. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
];

/** Skipped where there is no Chromium; in CI that is a failure. */
export const describeInBrowser = existsSync(CHROMIUM) || process.env.CI ? describe : describe.skip;

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });

/** The two sizes that everything is looked at in. */
export const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1440, height: 900 } } as const;
export const SCHEMES = ['light', 'dark'] as const;

export interface Window {
  readonly page: Page;
  /** What went wrong in it so far: errors, what the policy forbade, what was not there. */
  readonly faults: readonly string[];
}

export interface WindowOptions {
  readonly size?: keyof typeof SIZES;
  readonly scheme?: (typeof SCHEMES)[number];
  /** Answers that belong to what is tried, such as 401: a browser writes each into its console. */
  readonly expected?: RegExp;
}

/** A window with cookies of its own. */
export async function openWindow(browser: Browser, options: WindowOptions = {}): Promise<Window> {
  const { size = 'desk', scheme = 'light', expected } = options;
  const context = await browser.newContext({
    viewport: SIZES[size],
    colorScheme: scheme,
    reducedMotion: 'reduce',
    isMobile: size === 'phone',
    hasTouch: size === 'phone',
    timezoneId: 'Europe/Berlin',
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (!/^(error|warning)$/.test(message.type())) return;
    const text = `${message.text()} ${message.location().url}`;
    if (!expected?.test(text)) faults.push(`console: ${text}`);
  });
  return { page, faults };
}

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
}

/** What axe finds wrong for people who do not see, or do not point: WCAG 2.2 AA and its best practices. */
export async function violationsIn(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found: readonly Violation[] = await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations)',
  );
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
}

/** Into the folder SCREENSHOTS, for whoever wants to look; without it, nothing. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** Nothing is wider than the window: who reads on a phone does not scroll to the side. */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
