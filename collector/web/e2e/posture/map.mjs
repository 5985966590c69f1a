import assert from 'node:assert/strict';

export async function mapTests(b) {
  const { page } = b;
  const canvas = page.getByRole('application');

  await b.test('the map has a cell for each host, and the table the same sums', async () => {
    await b.goto('/posture');
    await canvas.waitFor();
    const hosts = await page.evaluate(async () => {
      const all = [];
      for (let cursor = ''; ; ) {
        const answer = await fetch(`/api/v1/posture/hosts?limit=500${cursor}`);
        const { items, next } = await answer.json();
        all.push(...items);
        if (!next) return all;
        cursor = `&cursor=${encodeURIComponent(next)}`;
      }
    });
    const sum = page.locator('tr.sum td');
    assert.equal((await sum.last().textContent()).replaceAll(',', ''), String(hosts.length));
    const cells = (await sum.allTextContents()).slice(1).map((text) => Number(text.replaceAll(',', '')));
    assert.equal(
      cells.slice(0, -1).reduce((x, y) => x + y, 0),
      hosts.length,
    );
    const failing = hosts.filter(
      (host) => !host.silent && host.waived < host.failed && host.failed_critical + host.failed_high > 0,
    );
    assert.equal(cells[0], failing.length);
  });

  await b.test('keys move between hosts, and Enter opens one', async () => {
    await canvas.focus();
    await page.keyboard.press('Home');
    const status = page.locator('.map [role=status]');
    await status.getByText(/, (Failing|Warning|Waived|Silent|Unknown|Passing), /).waitFor();
    const first = await status.textContent();
    await page.keyboard.press('End');
    await page.keyboard.press('PageDown');
    await page.keyboard.press('PageUp');
    await page.keyboard.press('Home');
    assert.equal(await status.textContent(), first);
    await b.shot('map-chosen-light');
    await b.axe('the map, with a host chosen');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/hosts\/.+tab=compliance/);
    await page.getByRole('heading', { name: first.split(', ')[0], level: 1 }).waitFor();
  });

  await b.test('what is drawn and how it is grouped is in the address', async () => {
    await b.goto('/posture?by=os&show=bad');
    await canvas.waitFor();
    const legend = page.getByRole('navigation', { name: 'Which hosts are drawn' });
    await legend.getByRole('link', { name: /^Passing/ }).click();
    await page.waitForURL(/by=os&show=passing|show=passing&by=os/);
    await canvas.or(page.getByRole('heading', { name: 'No host stands so' })).waitFor();
    await legend.getByRole('link', { name: /^All/ }).click();
    await page.waitForURL((url) => !url.searchParams.has('show'));
    await canvas.waitFor();
  });
}
