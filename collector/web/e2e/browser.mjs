// A browser, a page that notes everything it complains of, and a runner that counts.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const SHOTS = process.env.OPENWATCH_SHOTS;
export const WIDE = { width: 1280, height: 800 };
/** A desk, a small notebook, a telephone. */
const WIDTHS = [
  [1440, 900],
  [1024, 768],
  [390, 844],
];
export const NARROW = { width: 360, height: 740 };

/** @param {{ url: string, user: string, password: string }} target */
export async function openBrowser({ url, user, password }) {
  const profile = mkdtempSync(join(tmpdir(), 'openwatch-e2e-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.OPENWATCH_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    viewport: WIDE,
    colorScheme: 'light',
    timezoneId: 'Europe/Berlin',
    // Contrast is that of a thing that stands still.
    reducedMotion: 'reduce',
    ignoreHTTPSErrors: true,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  context.setDefaultTimeout(20_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(url).origin });
  const page = await context.newPage();

  // Answers that a test provokes (a wrong password, a lost collector) are logged by the browser as
  // errors; what the page itself does wrong is not among those.
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(`pageerror ${error.stack ?? error}`));
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() !== 'error' && !/Content Security Policy|Trusted/.test(text)) return;
    if (!/Failed to load resource|ERR_|status of/.test(text)) complaints.push(text);
  });

  const browser = {
    url,
    user,
    password,
    context,
    page,
    complaints,
    passed: 0,
    failed: 0,

    async test(name, body) {
      const start = Date.now();
      try {
        await body();
        browser.passed += 1;
        console.log(`ok   ${name} (${Date.now() - start} ms)`);
      } catch (error) {
        browser.failed += 1;
        const lines = String(error?.stack ?? error).split('\n');
        console.log(`FAIL ${name}\n     ${lines.slice(0, 8).join('\n     ')}`);
        const shown = await page.evaluate(() => document.body.innerText).catch(String);
        console.log(`     at ${page.url()} it says: ${shown.replace(/\s+/g, ' ').slice(0, 2000)}`);
        await browser.shot(`failed-${browser.failed}`);
      }
    },

    goto: (path) => page.goto(url + path),

    async signIn(path = '/') {
      await context.clearCookies();
      await browser.goto(path);
      await page.getByLabel('Name').fill(user);
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('heading', { level: 1 }).and(page.locator(':not(#sign-in-title)')).waitFor();
    },

    async setTheme(scheme) {
      await page.evaluate((value) => localStorage.setItem('mantine-color-scheme-value', value), scheme);
      await page.reload();
    },

    /** The debugger injects axe, so the page's own policy stays as it is. */
    async axe(where) {
      const result = await page.evaluate(`${AXE};axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`);
      const violations = result.violations.map(
        (rule) =>
          `${rule.id} × ${rule.nodes.length}: ${rule.nodes[0].target.join(' ')} ${rule.nodes[0].any[0]?.message ?? ''}`,
      );
      assert.deepEqual(violations, [], where);
    },

    async noSidewaysScroll(where) {
      const over = await page.evaluate(() =>
        [document.documentElement, document.querySelector('main')].map(
          (box) => box.scrollWidth - box.clientWidth,
        ),
      );
      assert.ok(Math.max(...over) <= 0, `${where} scrolls sideways by ${Math.max(...over)} px`);
    },

    async shot(name) {
      if (!SHOTS) return;
      mkdirSync(SHOTS, { recursive: true });
      await page.screenshot({ path: join(SHOTS, `${name}.png`) });
    },

    /** The page as it stands, in each theme at three widths; nothing of it may be cut off or scroll sideways. */
    async shots(name) {
      const theme = 'mantineColorScheme';
      const size = page.viewportSize();
      const was = await page.evaluate((key) => document.documentElement.dataset[key], theme);
      for (const [width, height] of WIDTHS) {
        await page.setViewportSize({ width, height });
        await browser.noSidewaysScroll(`${name}, ${width} px`);
        for (const scheme of ['light', 'dark']) {
          await page.evaluate(
            ([key, value]) => {
              document.documentElement.dataset[key] = value;
            },
            [theme, scheme],
          );
          await browser.shot(`${name}-${width}-${scheme}`);
        }
      }
      await page.evaluate(
        ([key, value]) => {
          document.documentElement.dataset[key] = value;
        },
        [theme, was],
      );
      await page.setViewportSize(size);
    },

    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
  return browser;
}
