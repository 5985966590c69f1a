import assert from 'node:assert/strict';

export async function metricsTests(b, host) {
  const { page } = b;
  const path = `/hosts/${host.id}?tab=metrics`;
  const load = page.getByRole('figure', { name: 'Load' });

  await b.test('metrics are drawn with their units, and said in words', async () => {
    await b.goto(path);
    const cpu = page.getByRole('figure', { name: 'Processors' });
    // The first minutes of a host that has just joined are on the way.
    await cpu.waitFor({ timeout: 240_000 });
    assert.match(
      await cpu.getByRole('img').getAttribute('aria-label'),
      /user: last [\d.]+ %, highest [\d.]+ %/,
    );
    await cpu.locator('canvas').waitFor();
    await b.shot('metrics-light');
  });

  await b.test('the values stand in a table too, gaps and all', async () => {
    await load.getByRole('button', { name: 'Show as table' }).click();
    const table = load.getByRole('table');
    await table.getByRole('columnheader', { name: '1 min', exact: true }).waitFor();
    const { steps, measured } = await page.evaluate(async (id) => {
      const answer = await fetch(`/api/v1/hosts/${id}/metrics?name=load.avg1`);
      const { from, to, step_s, series } = await answer.json();
      return {
        steps: (Date.parse(to) - Date.parse(from)) / 1000 / step_s,
        measured: series[0].points.length,
      };
    }, host.id);
    const rows = await table.locator('tbody tr').count();
    assert.ok(Math.abs(rows - steps) <= 2, `${rows} rows of ${steps} steps`);
    const gaps = await table.locator('tbody tr', { hasText: 'no value' }).count();
    assert.ok(Math.abs(rows - gaps - measured) <= 3, `${rows - gaps} of ${measured} measured`);
    await load.getByRole('button', { name: 'Show as table' }).click();
    await load.locator('canvas').waitFor();
  });

  await b.test('the range is in the address, and so is a part that was zoomed into', async () => {
    await Promise.all([
      page.waitForResponse(/\/metrics\?/),
      page.getByRole('link', { name: '6 hours' }).click(),
    ]);
    await page.waitForURL(/range=6h/);
    await load.locator('.u-over').waitFor();
    const box = await load.locator('.u-over').boundingBox();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, box.y + 20, { steps: 5 });
    await page.mouse.up();
    await page.waitForURL(/since=.+until=/);
    await page.getByRole('button', { name: 'Reset zoom' }).click();
    await page.waitForURL((url) => !url.searchParams.has('since'));
  });

  await b.test('a time without metrics says so', async () => {
    await b.goto(`${path}&at=2001-01-01T00:00:00Z`);
    await page.getByRole('heading', { name: 'No metrics in this time' }).waitFor();
  });
}
