import { ask } from '../ask.mjs';
import { openBrowser } from '../browser.mjs';
import { firstLoad } from '../crowd/weight.mjs';
import { noted, watch } from './watch.mjs';

const KB = 1000;
/** By then what comes late has come. */
const SETTLED_MS = 3_000;

/** The bytes of the first load, and how soon pages stand that a browser has nothing of. */
export async function loadFigures(b, figures) {
  const parts = await firstLoad(b);
  const sizes = parts.map(({ bytes }) => bytes / KB);
  figures.add(
    'first load of /, JS and CSS, brotli',
    sizes.reduce((x, y) => x + y, 0),
    'KB',
    220,
  );
  figures.add('largest chunk of it', Math.max(...sizes), 'KB', 130);
  const [host] = (await ask(b, 'GET', '/hosts?limit=1')).body.items;
  const cookies = await b.context.cookies();
  for (const [name, path] of [
    ['/', '/'],
    ['/hosts', '/hosts'],
    ['a host', `/hosts/${host.id}`],
    ['the map', '/posture'],
  ]) {
    const fresh = await openBrowser(b);
    try {
      await fresh.context.addCookies(cookies);
      await watch(fresh.context);
      await fresh.goto(path);
      await fresh.page.getByRole('heading', { level: 1 }).waitFor();
      await fresh.page.waitForTimeout(SETTLED_MS);
      const { lcp, cls } = await noted(fresh.page);
      figures.add(`LCP of ${name}, cold`, lcp / 1000, 's', 1.5);
      figures.add(`CLS of ${name}`, cls, '', 0.05);
    } finally {
      await fresh.close();
    }
  }
}
