import { ask } from '../ask.mjs';
import { openBrowser } from '../browser.mjs';
import { everyPart, firstLoad } from '../crowd/weight.mjs';
import { noted, watch } from './watch.mjs';

const KB = 1000;
/** By then what comes late has come. */
const SETTLED_MS = 3_000;
/** A map of a large fleet is long in coming, and may move what is there when it comes. */
const PATIENCE_MS = 120_000;

/** The bytes of the first load, and how soon pages stand that a browser has nothing of. */
export async function loadFigures(b, figures) {
  const sizes = (parts) => parts.map(({ bytes }) => bytes / KB);
  const first = sizes(await firstLoad(b)).reduce((x, y) => x + y, 0);
  figures.add('first load of /, JS and CSS, brotli', first, 'KB', 220);
  figures.add('largest chunk of all, brotli', Math.max(...sizes(await everyPart(b))), 'KB', 130);
  const [host] = (await ask(b, 'GET', '/hosts?limit=1')).body.items;
  const cookies = await b.context.cookies();
  for (const [name, path, content] of [
    ['/', '/', 'main .card'],
    ['/hosts', '/hosts', '[role=grid] a.name'],
    ['a host', `/hosts/${host.id}`, 'main .card'],
    ['the map', '/posture', '.map canvas'],
  ]) {
    const fresh = await openBrowser(b);
    try {
      await fresh.context.addCookies(cookies);
      await watch(fresh.context);
      await fresh.goto(path);
      await fresh.page.locator(content).first().waitFor({ timeout: PATIENCE_MS });
      const there = await fresh.page.evaluate(() => performance.now());
      await fresh.page.waitForTimeout(SETTLED_MS);
      const { lcp, cls } = await noted(fresh.page);
      figures.add(`LCP of ${name}, cold`, lcp / 1000, 's', 1.5);
      figures.add(`content of ${name} is there, cold`, there / 1000, 's');
      figures.add(`CLS of ${name}`, cls, '', 0.05);
    } finally {
      await fresh.close();
    }
  }
}
