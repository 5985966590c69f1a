// How heavy a page is that nobody has opened before.

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
