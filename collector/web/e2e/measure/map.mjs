/** From the last byte of what the map draws until it is painted. */
export async function mapFigures(b, figures) {
  const { page } = b;
  await page.addInitScript(() => {
    const seen = new MutationObserver(() => {
      const canvas = document.querySelector('.map canvas');
      // A canvas is as wide as a new one until it was painted.
      if (!canvas || canvas.width === 300) return;
      seen.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => (window.paintedAt = performance.now())));
    });
    seen.observe(document, { subtree: true, childList: true, attributes: true });
  });
  await b.goto('/posture');
  await page.waitForFunction(() => window.paintedAt);
  const { painted, data, begun } = await page.evaluate(() => {
    const asked = performance
      .getEntriesByType('resource')
      .filter(({ name }) => /api\/v1\/(posture\/hosts|hosts)\?/.test(name));
    return {
      painted: window.paintedAt,
      data: Math.max(...asked.map(({ responseEnd }) => responseEnd).filter((end) => end < window.paintedAt)),
      begun: Math.min(...asked.map(({ startTime }) => startTime)),
    };
  });
  figures.add('the map is painted, after its data', painted - data, 'ms', 300);
  figures.add('what it draws is fetched in', (data - begun) / 1000, 's');
}
