import assert from 'node:assert/strict';
import { ask } from '../ask.mjs';
import { hostList, watchRows } from './list.mjs';

const MOST_ROWS = 70;

/** A list of any length is a page of some rows. */
export async function scrollTests(b) {
  const { page } = b;
  const { grid, names, rows, total } = hostList(page);

  await b.test('End shows the last host by its name, and Home the first', async () => {
    await b.goto('/hosts');
    await names.first().waitFor();
    const [first] = (await ask(b, 'GET', '/hosts?limit=1')).body.items;
    const { body } = await ask(b, 'GET', '/hosts?sort=-hostname&limit=1');
    assert.equal(await grid.getAttribute('aria-rowcount'), String(body.total + 1));
    await grid.focus();
    await page.keyboard.press('End');
    const last = grid.locator(`[aria-rowindex="${body.total + 1}"]`);
    await last.getByRole('link', { name: body.items[0].hostname, exact: true }).waitFor();
    await page.keyboard.press('Home');
    await grid
      .locator('[aria-rowindex="2"]')
      .getByRole('link', { name: first.hostname, exact: true })
      .waitFor();
  });

  await b.test('any place can be gone to, and has the hosts that belong there', async () => {
    await b.goto('/hosts');
    await names.first().waitFor();
    const all = await total();
    for (const part of [0.5, 0.9, 0.25]) {
      const to = Math.floor(all * part);
      await grid.evaluate((box, at) => {
        box.scrollTop = at * box.querySelector('.grid-body [role=row]').offsetHeight;
      }, to);
      const { body } = await ask(b, 'GET', `/hosts?limit=1&offset=${to}`);
      const row = grid.locator(`[aria-rowindex="${to + 2}"]`);
      await row.getByRole('link', { name: body.items[0].hostname, exact: true }).waitFor();
    }
  });

  await b.test('wheel, keys and dragging never leave more than 70 rows in the page', async () => {
    await b.goto('/hosts');
    await names.first().waitFor();
    const most = await watchRows(page);
    await grid.hover();
    for (let turn = 0; turn < 20; turn += 1) await page.mouse.wheel(0, 600 * (turn % 5));
    await grid.focus();
    for (const key of ['PageDown', 'PageDown', 'End', 'PageUp', 'Home', 'End'])
      await page.keyboard.press(key);
    // As the thumb of the scroll bar is dragged: the whole way down and up again, a step a frame.
    await grid.evaluate(async (box) => {
      const way = box.scrollHeight - box.clientHeight;
      for (let step = 0; step <= 120; step += 1) {
        box.scrollTop = way * (1 - Math.abs(1 - step / 60));
        await new Promise(requestAnimationFrame);
      }
    });
    await grid.locator('[aria-rowindex="2"] a.name').waitFor();
    const held = await most();
    console.log(`note at most ${held} rows in the page`);
    assert.ok(held > 10 && held <= MOST_ROWS, `${held} rows`);
    assert.ok((await rows.count()) < held + 1);
  });
}
