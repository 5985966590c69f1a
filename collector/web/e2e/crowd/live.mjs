import assert from 'node:assert/strict';
import { ask } from '../ask.mjs';
import { hostList } from './list.mjs';

/** Of a list that is looked at, only what changed is drawn anew. */
export async function crowdLiveTests(b) {
  const { page } = b;
  const { grid, names } = hostList(page);

  await b.test('only the row of the host that changed is touched', async () => {
    await b.goto('/hosts?cols=state,labels');
    await names.nth(5).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    const { items } = (await ask(b, 'GET', '/hosts?limit=6')).body;
    const host = items[4];
    // What follows from the feed's beginning is over before it is watched.
    await page.waitForLoadState('networkidle').catch(() => {});
    await page.evaluate(() => {
      window.touched = new Set();
      new MutationObserver((changes) => {
        for (const { target } of changes)
          window.touched.add((target.closest ? target : target.parentElement).closest('[role=row]')?.id);
      }).observe(document.querySelector('.grid-body'), {
        subtree: true,
        childList: true,
        characterData: true,
        attributes: true,
      });
    });
    // Another value than any before: what stays the same is drawn by nobody.
    const live = `t${Date.now()}`;
    const labels = { ...host.labels, live };
    assert.equal((await ask(b, 'PUT', `/hosts/${host.id}/labels`, labels)).status, 204);
    const row = grid.locator('[role=row]').filter({ hasText: host.hostname });
    await row.getByText(`live=${live}`).waitFor();
    assert.deepEqual(await page.evaluate(() => [...window.touched]), [await row.getAttribute('id')]);
  });
}
