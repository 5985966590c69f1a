import assert from 'node:assert/strict';
import { execSync } from 'node:child_process';
import { beforeAll } from './ask.mjs';

/** Opens the host that OPENWATCH_HOST names, or the first one. Returns its path. */
async function openHost(b) {
  const { page } = b;
  const wanted = process.env.OPENWATCH_HOST;
  await b.goto(wanted ? `/hosts?q=${encodeURIComponent(wanted)}` : '/hosts');
  await page.getByRole('grid', { name: 'Hosts' }).locator('a.name').first().click();
  await page.waitForURL(/\/hosts\/[^/]+$/);
  return new URL(page.url()).pathname;
}

export async function hostTests(b) {
  const { page } = b;
  const rows = page.locator('[role=grid] .grid-body [role=row]');
  let path = '/';

  await b.test('a host has its identity, its record and its kinds of facts', async () => {
    path = await openHost(b);
    await page.getByRole('region', { name: 'Identity' }).waitFor();
    await page.getByRole('region', { name: 'Record' }).waitFor();
    await page.getByRole('table').getByText('Packages').waitFor();
    await b.shot('host-overview-light');
  });

  await b.test('tabs are in the URL, survive a reload, and arrow keys move between them', async () => {
    await page.getByRole('tab', { name: 'Overview' }).focus();
    await page.keyboard.press('ArrowRight');
    await page
      .getByRole('tab', { name: 'Overview' })
      .and(page.locator(':focus'))
      .waitFor({ state: 'detached' });
    while ((await page.evaluate(() => document.activeElement?.textContent)) !== 'Facts')
      await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.waitForURL(/tab=facts/);
    await page.reload();
    await page.getByRole('tab', { name: 'Facts' }).and(page.locator('[aria-selected=true]')).waitFor();
    for (const tab of await page.getByRole('tab').all()) {
      assert.ok((await tab.boundingBox()).height >= 24, 'a tab is at least 24 px high');
    }
  });

  await b.test('the packages are listed with their versions, and can be searched', async () => {
    await page
      .getByRole('navigation', { name: 'Kinds of facts' })
      .getByRole('link', { name: /Packages/ })
      .click();
    await page.waitForURL(/kind=package/);
    await page.getByRole('columnheader', { name: 'version', exact: true }).waitFor();
    const key = await rows.first().getByRole('gridcell').first().textContent();
    await page.getByRole('searchbox', { name: 'Search these facts' }).fill(key);
    await page
      .getByRole('status')
      .getByText(/^[\d,]+ of [\d,]+$/)
      .waitFor();
    assert.equal(await rows.first().getByRole('gridcell').first().textContent(), key);
    await b.shot('host-facts-light');
  });

  await b.test(
    'an instant before the host existed shows the past, marked as such, with no facts',
    async () => {
      await b.goto(`${path}?tab=facts&kind=package`);
      await rows.first().waitFor();
      await page.getByRole('button', { name: /^Now: choose/ }).click();
      const field = page.getByRole('textbox', { name: 'Exactly at (UTC)' });
      await field.fill('1.1.2001, noon');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText('Write it as').waitFor();
      await b.axe('an instant that is none');
      await field.fill('2001-01-01 12:00');
      await page.keyboard.press('Enter');
      await page.waitForURL(/at=2001-01-01T12:00:00/);
      await page.getByRole('heading', { name: 'Nothing is kept of that time' }).waitFor();
      await b.axe('facts of a time that is gone');
      await page.getByRole('button', { name: /^The past is shown/ }).click();
      await field.fill(beforeAll().replace('T', ' ').slice(0, 16));
      await page.keyboard.press('Enter');
      await page.getByRole('region', { name: 'Time machine' }).waitFor();
      await page.getByRole('heading', { name: /on record then/ }).waitFor();
      const kinds = page.getByRole('navigation', { name: 'Kinds of facts' }).getByRole('link');
      await page.waitForFunction(() => document.querySelectorAll('.kinds a').length === 1);
      assert.equal(await kinds.textContent(), 'Packages0', 'kinds are those of then');
      await b.axe('facts of the past');
      await page.getByRole('button', { name: 'Back to now' }).click();
      await rows.first().waitFor();
      assert.equal(await page.getByRole('region', { name: 'Time machine' }).count(), 0);
    },
  );

  await b.test('local time and UTC name the same instant', async () => {
    await b.goto(`${path}?tab=facts&kind=package&at=2026-01-15T12:00:00Z`);
    await page.getByText('As of 2026-01-15 12:00:00 UTC').waitFor();
    await page.getByRole('button', { name: /^Times are in UTC/ }).click();
    await page.getByText('As of 2026-01-15 13:00:00 +01:00').waitFor();
    await page.getByRole('button', { name: /^The past is shown/ }).click();
    assert.equal(
      await page.getByRole('textbox', { name: 'Exactly at (local)' }).inputValue(),
      '2026-01-15 13:00:00',
    );
    await page.keyboard.press('Escape');
    await page.reload();
    await page.getByRole('button', { name: /^Times are local/ }).click();
  });

  const changeCommand = process.env.OPENWATCH_CHANGE_CMD;
  if (!changeCommand) {
    console.log('note OPENWATCH_CHANGE_CMD is not set: the tests of changes did not run');
    return;
  }

  await b.test('a change on the host shows without a reload, and keeps focus', async () => {
    await b.goto(`${path}?tab=changes`);
    await page.getByRole('status').getByText('Live').waitFor();
    await page.getByRole('region', { name: 'Changes' }).getByRole('heading').first().waitFor();
    const filter = page.getByRole('combobox', { name: 'Kind', exact: true });
    await filter.focus();
    const shown = await page.locator('article.change').count();
    await page.evaluate(() => {
      window.sameDocument = true;
    });
    const start = Date.now();
    execSync(changeCommand, { stdio: ['ignore', 'ignore', 'inherit'] });
    await page.waitForFunction((count) => document.querySelectorAll('article.change').length > count, shown, {
      timeout: 30_000,
    });
    console.log(`note the change showed ${Date.now() - start} ms after the command was started`);
    assert.equal(await page.evaluate(() => window.sameDocument), true);
    assert.equal(await filter.evaluate((field) => field === document.activeElement), true);
  });

  await b.test('a change says before and after with signs, not with colour alone', async () => {
    const newest = page.locator('article.change').first();
    await newest
      .getByText(/^(before|after)$/)
      .first()
      .waitFor({ state: 'attached' });
    assert.match(await newest.locator('td.sign').first().textContent(), /^[+−](before|after)$/);
    await b.shot('host-changes-light');
    await b.axe('changes');
  });

  await b.test('a change leads to the facts of its instant', async () => {
    const newest = page.locator('article.change').first();
    const key = await newest.locator('code').first().textContent();
    const removed = (await newest.getAttribute('data-verb')) === 'removed';
    await newest.getByRole('link', { name: /^Facts then/ }).click();
    await page.getByRole('region', { name: 'Time machine' }).waitFor();
    if (!removed) await page.getByText(key, { exact: true }).first().waitFor();
  });

  await b.test('the filter by kind is in the URL', async () => {
    await b.goto(`${path}?tab=changes`);
    await page.locator('article.change').first().waitFor();
    await page.getByRole('combobox', { name: 'Kind', exact: true }).selectOption('os');
    await page.waitForURL(/kind=os/);
    await page.goBack();
    await page.waitForURL((url) => !url.searchParams.has('kind'));
    await page.locator('article.change').first().waitFor();
  });

  await b.test('changes are bounded by instants that are in the URL', async () => {
    await b.goto(`${path}?tab=changes`);
    await page.locator('article.change').first().waitFor();
    await page.getByRole('textbox', { name: 'Until (UTC)' }).fill('2001-01-01');
    await page.keyboard.press('Enter');
    await page.waitForURL(/until=2001-01-01T00:00:00/);
    await page.getByRole('heading', { name: 'No change on record in that time' }).waitFor();
    await b.axe('changes of a time without any');
    await page.getByRole('button', { name: 'Show all changes' }).click();
    await page.locator('article.change').first().waitFor();
    await page.getByRole('textbox', { name: 'From (UTC)' }).fill('2001-01-01 00:00');
    await page.keyboard.press('Tab');
    await page.waitForURL(/since=2001-01-01T00:00:00/);
    await page.locator('article.change').first().waitFor();
  });
}
