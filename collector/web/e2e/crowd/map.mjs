import assert from 'node:assert/strict';
import { ask } from '../ask.mjs';

/** The map of a fleet has every host of it. */
export async function crowdMapTests(b) {
  const { page } = b;
  const canvas = page.getByRole('application');
  const number = (text) => Number(text.replaceAll(',', ''));

  await b.test('the map draws every host, and its table adds up to the same', async () => {
    await b.goto('/posture?by=os');
    await canvas.waitFor();
    const { total } = (await ask(b, 'GET', '/hosts?limit=1')).body;
    const lines = await page
      .locator('table.plain tbody tr')
      .evaluateAll((rows) => rows.map((row) => [...row.cells].slice(1).map((cell) => cell.textContent)));
    const figures = lines.map((line) => line.map(number));
    const sum = figures.pop();
    assert.equal(sum.at(-1), total);
    assert.equal(figures.length, 3, 'a line for each system');
    sum.forEach((all, column) => {
      assert.equal(
        figures.reduce((x, line) => x + line[column], 0),
        all,
        `column ${column}`,
      );
    });
    for (const line of [...figures, sum])
      assert.equal(
        line.slice(0, -1).reduce((x, y) => x + y, 0),
        line.at(-1),
      );
    // The map says of each block how many cells it has.
    const drawn = await page.locator('.map-label .num').allTextContents();
    assert.deepEqual(
      drawn.map(number),
      figures.map((line) => line.at(-1)),
    );
    const colours = await canvas.evaluate((map) => {
      const { data } = map.getContext('2d').getImageData(0, 0, map.width, map.height);
      return new Set(new Uint32Array(data.buffer)).size;
    });
    assert.ok(colours >= 4, `${colours} colours: nothing, passing, warning, failing`);
  });

  await b.test('arrow keys move over it, and Enter opens the host', async () => {
    await canvas.focus();
    const status = page.locator('.map [role=status]');
    const told = async (key, before) => {
      await page.keyboard.press(key);
      await page.waitForFunction((old) => {
        const text = document.querySelector('.map [role=status]').textContent;
        return text !== '' && text !== old;
      }, before);
      return status.textContent();
    };
    const first = await told('Home', '');
    const right = await told('ArrowRight', first);
    const down = await told('ArrowDown', right);
    assert.notEqual(down, first);
    const up = await told('ArrowUp', down);
    assert.equal(up, right);
    assert.equal(await told('ArrowLeft', up), first);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/hosts\/.+tab=compliance/);
    await page.getByRole('heading', { level: 1, name: first.split(', ')[0], exact: true }).waitFor();
  });
}
