// How heavy the console is for who has nothing of it.
import { readdirSync } from 'node:fs';

const ASSETS = new URL('../../dist/assets/', import.meta.url);

/** Scripts and style sheets of `/`, for who is signed in and has nothing of them: their bytes on the wire. */
export async function firstLoad(b) {
  const page = await b.context.newPage();
  const devtools = await b.context.newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Network.setCacheDisabled', { cacheDisabled: true });
  const parts = new Map();
  devtools.on('Network.responseReceived', ({ requestId, response, type }) => {
    if (!['Script', 'Stylesheet'].includes(type)) return;
    const headers = Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]);
    const encoding = Object.fromEntries(headers)['content-encoding'];
    parts.set(requestId, { path: new URL(response.url).pathname, encoding, bytes: 0 });
  });
  devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const part = parts.get(requestId);
    if (part) part.bytes = encodedDataLength;
  });
  await page.goto(`${b.url}/`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForLoadState('networkidle').catch(() => {});
  await page.close();
  return [...parts.values()];
}

/** Every script and style sheet that was built, as the collector sends it. */
export async function everyPart(b) {
  const files = readdirSync(ASSETS).filter((file) => /\.(js|css)$/.test(file));
  return b.page.evaluate(async (names) => {
    performance.setResourceTimingBufferSize(names.length + performance.getEntriesByType('resource').length);
    const parts = [];
    for (const name of names) {
      const path = `/assets/${name}`;
      // As if it were another file, so that no copy of the page's own is taken for it.
      const answer = await fetch(`${path}?weighed`, { cache: 'no-store' });
      await answer.blob();
      const [timing] = performance.getEntriesByName(answer.url);
      const encoding = answer.headers.get('content-encoding');
      parts.push({ path, status: answer.status, encoding, bytes: timing.encodedBodySize });
    }
    return parts;
  }, files);
}
