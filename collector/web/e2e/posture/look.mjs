import assert from 'node:assert/strict';
import { beforeAll } from '../ask.mjs';
import { NARROW, WIDE } from '../browser.mjs';

const HOSTILE = `<img src=x onerror=alert(1)>\u202e${'w'.repeat(10_000)}`;

/** Every page in both themes and both widths, with data that means no good, and on paper. */
export async function lookAtPostureTests(b, host) {
  const { page } = b;
  const pages = [
    ['overview', '/', '.widget table'],
    ['overview-past', `/?at=${beforeAll()}`, '.figure'],
    ['host-compliance', `/hosts/${host.id}?tab=compliance`, 'table.results'],
    ['host-metrics', `/hosts/${host.id}?tab=metrics`, '.chart, .empty'],
    ['findings', '/findings', 'tbody'],
    ['rules', '/rules', '[role=grid] a.name'],
    ['frameworks', '/frameworks', 'tbody'],
    ['framework', '/frameworks/nist_800_171_r2', 'tbody'],
    ['profiles', '/profiles', 'tbody'],
    ['map', '/posture?by=os', 'canvas'],
  ];

  for (const scheme of ['light', 'dark']) {
    for (const [width, size] of Object.entries({ 1280: WIDE, 360: NARROW })) {
      await b.test(`every page about posture is accessible and fits: ${scheme}, ${width} px`, async () => {
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

  await b.test('a host with a name that means no good breaks nothing', async () => {
    const hosts = /\/api\/v1\/posture\/hosts/;
    await page.route(hosts, async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      for (const item of body.items) item.host.hostname = HOSTILE;
      await route.fulfill({ response: answer, json: body });
    });
    for (const size of [NARROW, WIDE]) {
      await page.setViewportSize(size);
      for (const [path, ready] of [
        ['/', '[data-widget=worst] tbody'],
        ['/posture', 'canvas'],
      ]) {
        await b.goto(path);
        await page.locator(ready).waitFor();
        if (path === '/posture') {
          await page.getByRole('application').focus();
          await page.keyboard.press('Home');
          await page.locator('.map-tip').waitFor();
        }
        assert.equal(await page.locator('img[src=x]').count(), 0);
        await b.noSidewaysScroll(`${path} with a hostile name`);
        const heights = await page
          .locator('[data-widget=worst] tbody tr')
          .evaluateAll((rows) => rows.map((row) => row.clientHeight));
        assert.ok(Math.max(0, ...heights) < 100, `a row is ${Math.max(...heights)} px high`);
        await b.shot(`hostile-${path === '/' ? 'overview' : 'map'}-${size.width}`);
      }
    }
    await page.unroute(hosts);
    await b.setTheme('light');
  });

  await b.test('on paper there is the content alone', async () => {
    await page.setViewportSize(WIDE);
    await b.setTheme('dark');
    await b.goto(`/hosts/${host.id}?tab=compliance`);
    await page.locator('table.results').waitFor();
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.locator('.nav').isVisible(), false);
    assert.equal(await page.locator('.top').isVisible(), false);
    assert.equal(
      await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
      'rgb(255, 255, 255)',
    );
    const cut = await page.evaluate(() => {
      const main = document.querySelector('main');
      return main.scrollHeight - main.clientHeight;
    });
    assert.ok(cut <= 1, `${cut} px of the page are cut off on paper`);
    await b.shot('print-host');
    await page.emulateMedia({ media: null });
    await b.setTheme('light');
  });
}
