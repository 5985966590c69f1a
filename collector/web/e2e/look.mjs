import assert from 'node:assert/strict';
import { beforeAll } from './ask.mjs';
import { NARROW, WIDE } from './browser.mjs';

/** Every page in both themes and both widths: no axe violation, no sideways scroll, a picture to look at. */
export async function lookTests(b) {
  const { page } = b;
  await b.goto('/hosts');
  const link = page.getByRole('grid', { name: 'Hosts' }).locator('a.name').first();
  const host = await link.getAttribute('href');
  const pages = [
    ['hosts', '/hosts', '[role=grid] a.name'],
    ['host-overview', host, 'table'],
    ['host-facts', `${host}?tab=facts&kind=package`, '[role=gridcell] .mono'],
    ['host-facts-one', `${host}?tab=facts&kind=os`, 'dl.pairs'],
    ['host-facts-past', `${host}?tab=facts&kind=package&at=${beforeAll()}`, '.past'],
    ['host-changes', `${host}?tab=changes`, '.card h2'],
    ['alerts', '/alerts', 'table, .empty'],
    ['enrol', '/enrol', 'table, .empty'],
    ['content', '/content', 'table, .empty'],
    ['rollouts', '/rollouts', 'table, .empty'],
  ];

  for (const scheme of ['light', 'dark']) {
    for (const [width, size] of Object.entries({ 1280: WIDE, 360: NARROW })) {
      await b.test(`every page is accessible and fits: ${scheme}, ${width} px`, async () => {
        await page.setViewportSize(size);
        await b.setTheme(scheme);
        for (const [name, path, ready] of pages) {
          await b.goto(path);
          await page.locator(ready).first().waitFor();
          await page.getByRole('status').getByText('Live').waitFor();
          await b.shot(`${name}-${scheme}-${width}`);
          await b.axe(`${name}, ${scheme}, ${width} px`);
          await b.noSidewaysScroll(`${name}, ${width} px`);
        }
      });
    }
  }

  await b.test('the menu is accessible in the dark, and chooses the theme', async () => {
    await page.setViewportSize(WIDE);
    await b.goto('/hosts');
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitemradio', { name: 'Dark' }).waitFor();
    await b.shot('menu-dark');
    await b.axe('menu, dark');
    await page.getByRole('menuitemradio', { name: 'As the system' }).click();
    await page.locator('html[data-mantine-color-scheme=light]').waitFor();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('html[data-mantine-color-scheme=dark]').waitFor();
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByRole('menuitemradio', { name: 'Light' }).click();
  });

  await b.test('the chosen theme is there before the first script of the page', async () => {
    await b.setTheme('dark');
    // Nothing but theme-init.js may run: what it set is what the first paint has.
    await page.route(/\/assets\/.*\.js$/, (route) => route.abort());
    await b.goto('/hosts');
    assert.equal(await page.locator('html').getAttribute('data-mantine-color-scheme'), 'dark');
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(ground, 'rgb(12, 16, 22)');
    await page.unroute(/\/assets\/.*\.js$/);
    await b.setTheme('light');
  });
}
