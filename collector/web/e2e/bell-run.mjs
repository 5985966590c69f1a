// From a change on a host to the bell of an open page, against a running collector:
//   OPENWATCH_URL, OPENWATCH_USER, OPENWATCH_PASSWORD   where, and as whom
//   OPENWATCH_CHANGE_CMD   a command that weakens the host
//   OPENWATCH_TITLE        what the alert about that is called
//   OPENWATCH_HOST         the host's name
//   OPENWATCH_SHOTS        a directory for pictures; none are taken without it
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { NARROW, openBrowser, WIDE } from './browser.mjs';

const { OPENWATCH_URL: url, OPENWATCH_USER: user, OPENWATCH_PASSWORD: password } = process.env;
const { OPENWATCH_CHANGE_CMD: change, OPENWATCH_TITLE: title, OPENWATCH_HOST: host } = process.env;
const RESTS_MS = 60_000;

const b = await openBrowser({ url, user, password });
const { page } = b;
const bell = page.getByRole('button', { name: /^Notifications/ });
const drawer = page.getByRole('dialog', { name: 'Notifications' });
const entries = drawer.getByRole('list', { name: 'Notifications' }).getByRole('listitem');
const entry = entries.filter({ hasText: title });
const unread = async () => Number(/(\d+) unread/.exec(await bell.textContent())?.[1] ?? 0);

try {
  await b.test('a bell that has nothing to tell says so', async () => {
    await b.signIn('/alerts');
    await page.getByRole('status').getByText('Live').waitFor();
    await bell.click();
    await entries.or(drawer.getByText('Nothing yet')).first().waitFor();
    await b.axe('the drawer, before');
    const all = drawer.getByRole('button', { name: 'Mark all read' });
    if (await all.count()) await all.click();
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'hidden' });
    await page.waitForFunction(() => !document.querySelector('.bell .badge'));
    assert.equal(
      await bell.evaluate((button) => button === document.activeElement),
      true,
      'the focus is back',
    );
  });

  await b.test('what becomes so on a host is counted in an open page, and named by the drawer', async () => {
    execFileSync('sh', ['-c', change]);
    await page.locator('.bell .badge').waitFor({ timeout: RESTS_MS });
    await bell.press('Enter');
    await entry.getByText('(unread)').waitFor({ state: 'attached', timeout: RESTS_MS });
    await entry.getByText('High', { exact: true }).waitFor();
    await entry.getByText('Began').first().waitFor();
    const time = entry.locator('time');
    assert.match(await time.getAttribute('title'), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /);
  });

  for (const scheme of ['light', 'dark']) {
    for (const [width, size] of Object.entries({ 1280: WIDE, 360: NARROW })) {
      await b.test(`the drawer is accessible and fits: ${scheme}, ${width} px`, async () => {
        await page.setViewportSize(size);
        await b.setTheme(scheme);
        await page.getByRole('status').getByText('Live').waitFor();
        await page.locator('.bell .badge').waitFor();
        await b.shot(`bell-${scheme}-${width}`);
        await bell.click();
        await entry.waitFor();
        await b.shot(`drawer-${scheme}-${width}`);
        await b.axe(`drawer, ${scheme}, ${width} px`);
        await b.noSidewaysScroll(`drawer, ${width} px`);
        await page.keyboard.press('Escape');
      });
    }
  }
  await page.setViewportSize(WIDE);
  await b.setTheme('light');

  await b.test('what is read is counted no more', async () => {
    await page.locator('.bell .badge').waitFor();
    const before = await unread();
    await bell.click();
    await entry.getByRole('button', { name: /^Mark as read/ }).click();
    await entry.getByText('(unread)').waitFor({ state: 'detached' });
    await page.waitForFunction(
      (count) =>
        Number(/(\d+) unread/.exec(document.querySelector('.bell .sr').textContent)?.[1] ?? 0) < count,
      before,
    );
  });

  await b.test('the drawer leads to the alert, which is acknowledged there and says so', async () => {
    await entry.getByRole('link').click();
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    await drawer.waitFor({ state: 'hidden' });
    await page.getByRole('region', { name: 'Subjects' }).getByRole('link', { name: host }).first().waitFor();
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    const question = page.getByRole('dialog');
    await question.getByLabel('Note').fill('looking at it');
    await b.axe('the question');
    await question.getByRole('button', { name: 'Acknowledge the alert' }).click();
    await page.locator('.head .status').getByText('Acknowledged').waitFor();
    await page.locator('.story').getByText('looking at it').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Acknowledge' }).count(), 0);
  });

  const path = new URL(page.url()).pathname;
  for (const scheme of ['light', 'dark']) {
    for (const [width, size] of Object.entries({ 1280: WIDE, 360: NARROW })) {
      await b.test(`alerts are accessible and fit: ${scheme}, ${width} px`, async () => {
        await page.setViewportSize(size);
        await b.setTheme(scheme);
        for (const [name, to, ready] of [
          ['alert', path, '.story li'],
          ['alerts', '/alerts', 'table a.name'],
          ['alerts-none', '/alerts?state=snoozed', '.empty'],
          ['alert-missing', '/alerts/0193a000-0000-7000-8000-000000000001', '.empty'],
        ]) {
          await b.goto(to);
          await page.locator(ready).first().waitFor();
          await b.shot(`${name}-${scheme}-${width}`);
          await b.axe(`${name}, ${scheme}, ${width} px`);
          await b.noSidewaysScroll(`${name}, ${width} px`);
        }
      });
    }
  }

  for (const scheme of ['light', 'dark']) {
    for (const [width, size] of Object.entries({ 1280: WIDE, 360: NARROW })) {
      await b.test(`preferences are accessible and fit: ${scheme}, ${width} px`, async () => {
        await page.setViewportSize(size);
        await b.setTheme(scheme);
        await b.goto('/account/notifications');
        await page.getByLabel('Mass drift: e-mail').waitFor();
        await b.shot(`preferences-${scheme}-${width}`);
        await b.axe(`preferences, ${scheme}, ${width} px`);
        await b.noSidewaysScroll(`preferences, ${width} px`);
      });
    }
  }

  await b.test('what somebody does not want to be told is kept, and what cannot be is said', async () => {
    await page.setViewportSize(WIDE);
    await b.setTheme('light');
    await b.goto('/account/notifications');
    await page.getByText('No e-mail goes out').waitFor();
    const wanted = page.getByRole('checkbox', { name: 'Event: in the console' });
    assert.equal(await wanted.isChecked(), true);
    await page.getByLabel('When it is').selectOption('high');
    await wanted.uncheck();
    await page.getByLabel(/^Quiet hours/).check();
    await page.getByLabel('Time zone').selectOption('Europe/Vienna');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('status').getByText('Saved').waitFor();
    await page.reload();
    await page.getByText('Some', { exact: true }).waitFor();
    assert.equal(await page.getByLabel('From').inputValue(), '22:00');
    await page.getByLabel('Event: e-mail').selectOption('digest');
    await page.getByRole('button', { name: 'Save' }).click();
    await page
      .getByRole('alert')
      .getByText(/say where e-mail is to go/)
      .waitFor();
  });

  await b.test('what the collector does not answer is said, with another try', async () => {
    await page.setViewportSize(WIDE);
    await page.route(/\/api\/v1\/notifications\?/, (route) =>
      route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"code":"unavailable"}' }),
    );
    await b.goto('/alerts');
    await bell.click();
    await drawer.getByText('Your notifications did not load').waitFor();
    await page.unroute(/\/api\/v1\/notifications\?/);
    await drawer.getByRole('button', { name: 'Try again' }).click();
    await entry.waitFor();
    await page.keyboard.press('Escape');
  });
  await b.test('the page broke no policy and threw no error in the whole run', async () => {
    assert.deepEqual([...new Set(b.complaints)], []);
  });
} finally {
  await b.close();
}
console.log(`${b.passed} passed, ${b.failed} failed`);
process.exitCode = b.failed > 0 ? 1 : 0;
