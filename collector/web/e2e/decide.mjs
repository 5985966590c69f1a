import { aHost, ask } from './ask.mjs';
import { NARROW, WIDE } from './browser.mjs';
import { driftTests } from './decide-drift.mjs';
import { exceptionTests } from './decide-exceptions.mjs';
import { listTests } from './decide-lists.mjs';

/** Exceptions, drift, comparisons, what happens, the search over the fleet, and how lists are worked through. */
export async function decideTests(b) {
  const { page } = b;
  const host = await aHost(b);
  await exceptionTests(b, host);
  await driftTests(b, host);
  await listTests(b, host);

  const waivers = (await ask(b, 'GET', '/waivers?limit=1')).body.items;
  const stories = (await ask(b, 'GET', '/drift?limit=1')).body.items;
  const pages = {
    exceptions: '/exceptions?queue=all',
    'exception-new': `/exceptions/new?host=${host.id}`,
    ...(waivers[0] && { exception: `/exceptions/${waivers[0].id}` }),
    drift: '/drift',
    ...(stories[0] && { story: `/drift/${stories[0].id}?view=split` }),
    compare: `/compare?host=${host.id}&from=2026-01-01T00:00:00Z`,
    'compare-baseline': '/compare?what=baseline',
    'compare-hosts': '/compare?what=hosts',
    baselines: '/baselines',
    activity: '/activity',
    facts: '/facts?key=b*',
    exports: '/exports',
    alerts: '/alerts',
    hosts: '/hosts?state=online',
    'host-drift': `/hosts/${host.id}?tab=drift`,
    'host-activity': `/hosts/${host.id}?tab=activity`,
  };
  for (const theme of ['light', 'dark']) {
    for (const [name, path] of Object.entries(pages)) {
      await b.test(`${name} is accessible and fits, wide and narrow: ${theme}`, async () => {
        await page.setViewportSize(WIDE);
        await b.goto(path);
        await b.setTheme(theme);
        for (const [width, size] of Object.entries({ wide: WIDE, narrow: NARROW })) {
          await page.setViewportSize(size);
          await page.getByRole('heading', { level: 1 }).waitFor();
          await page.locator('.skeleton').first().waitFor({ state: 'detached' });
          await b.shot(`decide-${name}-${width}-${theme}`);
          await b.noSidewaysScroll(`${name}, ${width}, ${theme}`);
          await b.axe(`${name}, ${width}, ${theme}`);
        }
      });
    }
  }
  await page.setViewportSize(WIDE);
  await b.setTheme('light');
}
