import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { hostList } from './list.mjs';

/** Hosts are chosen by the keyboard, and taken away by what they have in common. */
export async function choiceTests(b) {
  const { page } = b;
  const { grid, names, total, counted } = hostList(page);
  const said = (words) =>
    page.locator('.selection [role=status]').getByText(words, { exact: true }).waitFor();

  await b.test('two hosts are chosen with j and x, and stay chosen when they are far away', async () => {
    await b.goto('/hosts?state=link_lost');
    await names.first().waitFor();
    await grid.focus();
    for (const key of ['j', 'x', 'j', 'x']) await page.keyboard.press(key);
    await said('2 selected');
    assert.equal(await grid.locator('[aria-selected=true]').count(), 2);
    const two = (await names.allTextContents()).slice(0, 2);
    await page.keyboard.press('End');
    await grid.locator(`[aria-rowindex="${(await total()) + 1}"] a.name`).waitFor();
    await said('2 selected');
    await page.getByRole('button', { name: 'Copy names' }).click();
    await page.getByText('Names copied').waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), two.join('\n'));
    await page.keyboard.press('Escape');
  });

  await b.test('all that match are taken away by the filter, and the file has exactly those', async () => {
    const all = await total();
    await page.getByRole('button', { name: `Select all ${all.toLocaleString('en')} that match` }).click();
    await said(`All ${all.toLocaleString('en')} that match are selected`);
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export all that match' }).click();
    await page.getByRole('menuitem', { name: /CSV/ }).click();
    const file = await coming;
    const asked = new URL(file.url());
    assert.equal(asked.pathname, '/api/v1/export');
    assert.deepEqual(Object.fromEntries(asked.searchParams), {
      list: 'hosts',
      format: 'csv',
      filters: 'state=link_lost',
    });
    const lines = readFileSync(await file.path(), 'utf8')
      .trimEnd()
      .split(/\r?\n/);
    const records = lines.filter((line) => /node-\d{6}/.test(line));
    assert.equal(records.length, all);
    assert.equal(new Set(records).size, all);
    await counted(`${all.toLocaleString('en')} hosts match`);
  });
}
