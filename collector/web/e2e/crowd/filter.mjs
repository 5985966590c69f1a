import assert from 'node:assert/strict';
import { ask } from '../ask.mjs';
import { hostList } from './list.mjs';

/** What is filtered, sorted and shown is in the address, and can be taken back. */
export async function filterTests(b) {
  const { page } = b;
  const { grid, names, head, total, counted } = hostList(page);
  const chip = (name) => page.getByRole('button', { name: `Remove filter ${name}`, exact: true });

  await b.test('each filter is a chip that can be taken away, and the count is told', async () => {
    await b.goto('/hosts');
    await names.first().waitFor();
    const all = await total();
    const expected = async (query) => (await ask(b, 'GET', `/hosts?limit=1&${query}`)).body.total;
    await page.getByRole('combobox', { name: 'State', exact: true }).selectOption('link_lost');
    const lost = await expected('state=link_lost');
    await counted(`${lost.toLocaleString('en')} hosts match`);
    assert.ok(lost > 0 && lost < all);
    await page.getByLabel('Label').fill('tier=t1');
    await page.getByRole('button', { name: 'Add label' }).click();
    const both = await expected('state=link_lost&label=tier%3Dt1');
    await counted(`${both.toLocaleString('en')} hosts match`);
    assert.ok(both > 0 && both < lost);
    assert.equal(await page.getByRole('button', { name: /^Remove filter / }).count(), 2);
    await chip('State: Link lost').click();
    await counted(`${(await expected('label=tier%3Dt1')).toLocaleString('en')} hosts match`);
    assert.equal(new URL(page.url()).searchParams.has('state'), false);
    await page.getByRole('button', { name: 'Clear all' }).click();
    await counted(new RegExp(`^${all.toLocaleString('en')} hosts$`));
    assert.equal(await page.getByRole('button', { name: /^Remove filter / }).count(), 0);
  });

  await b.test('the address alone gives the same list, and Back undoes one step', async () => {
    await b.goto('/hosts');
    await names.first().waitFor();
    await page.getByRole('combobox', { name: 'State', exact: true }).selectOption('link_lost');
    await page.waitForURL(/state=link_lost/);
    await counted(/match/);
    await grid.getByRole('button', { name: 'Host' }).click();
    await page.waitForURL(/sort=-hostname/);
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Labels' }).click();
    await page.waitForURL(/cols=/);
    await page.keyboard.press('Escape');
    await grid.getByRole('columnheader', { name: 'Labels' }).waitFor();
    const [{ hostname }] = (await ask(b, 'GET', '/hosts?state=link_lost&sort=-hostname&limit=1')).body.items;
    const first = grid.locator('[aria-rowindex="2"]');
    await first.getByRole('link', { name: hostname, exact: true }).waitFor();
    const count = await head.textContent();

    const other = await b.context.newPage();
    await other.goto(page.url());
    const there = hostList(other);
    await there.grid
      .locator('[aria-rowindex="2"]')
      .getByRole('link', { name: hostname, exact: true })
      .waitFor();
    assert.equal(await there.head.textContent(), count);
    assert.equal(await there.total(), await total());
    await there.grid.getByRole('columnheader', { name: 'Labels' }).waitFor();
    await other.close();

    await page.goBack();
    await page.waitForURL((at) => !at.searchParams.has('cols') && at.searchParams.has('sort'));
    await grid.getByRole('columnheader', { name: 'Labels' }).waitFor({ state: 'detached' });
    await page.goBack();
    await page.waitForURL((at) => !at.searchParams.has('sort') && at.searchParams.has('state'));
    const [lowest] = (await ask(b, 'GET', '/hosts?state=link_lost&limit=1')).body.items;
    await first.getByRole('link', { name: lowest.hostname, exact: true }).waitFor();
  });
}
