import assert from 'node:assert/strict';

export async function hostsTests(b) {
  const { page } = b;
  const grid = page.getByRole('grid', { name: 'Hosts' });
  const names = grid.locator('a.name');

  await b.test('the host list shows hosts with their state', async () => {
    await b.goto('/hosts');
    await names.first().waitFor();
    const total = Number(await grid.getAttribute('aria-rowcount')) - 1;
    assert.ok(total >= 1, `${total} hosts`);
    await page
      .getByRole('status')
      .getByText(new RegExp(`^${total.toLocaleString('en')} hosts?$`))
      .waitFor();
    await grid
      .getByText(
        /^(Online|Agent stopped|Shut down|Rebooting|Link lost|Agent killed|Never seen|Unknown|Revoked|Quarantined)$/,
      )
      .first()
      .waitFor();
    await b.shot('hosts-light');
  });

  await b.test('a search is in the URL, and the URL alone gives the same list', async () => {
    const name = await names.first().textContent();
    await page.getByRole('searchbox', { name: 'Search hosts' }).fill(name);
    await page.waitForURL((url) => url.searchParams.get('q') === name);
    await page.getByRole('status').getByText(/match/).waitFor();
    const text = await page.locator('.head [role=status]').textContent();
    const other = await b.context.newPage();
    await other.goto(page.url());
    await other.locator('.head [role=status]').getByText(text, { exact: true }).waitFor();
    await other.close();
  });

  await b.test('a search that nothing matches says so and can be cleared', async () => {
    await page.getByRole('searchbox', { name: 'Search hosts' }).fill('no-host-has-this-name');
    await page.getByRole('heading', { name: 'No host matches' }).waitFor();
    await b.axe('no match');
    await page.getByRole('button', { name: 'Clear all filters' }).click();
    await names.first().waitFor();
    assert.equal(await page.getByRole('searchbox', { name: 'Search hosts' }).inputValue(), '');
  });

  await b.test('sorting is in the URL and can be turned round', async () => {
    await grid.getByRole('button', { name: 'Host' }).click();
    await page.waitForURL(/sort=-hostname/);
    await grid
      .getByRole('columnheader', { name: 'Host' })
      .and(page.locator('[aria-sort=descending]'))
      .waitFor();
    await names.first().waitFor();
    await page.goBack();
    await page.waitForURL((url) => !url.searchParams.has('sort'));
  });

  await b.test('a URL with nonsense shows the default view', async () => {
    await b.goto('/hosts?sort=DROP%20TABLE&nothing=1');
    await names.first().waitFor();
  });

  await b.test('the keyboard alone finds and opens a host', async () => {
    await b.goto('/hosts');
    await names.first().waitFor();
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement?.hasAttribute('data-search')), true);
    await grid.focus();
    await page.keyboard.press('j');
    await grid.locator('[data-current]').waitFor();
    const name = await grid.locator('[data-current] a.name').textContent();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name, level: 1 }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('h');
    await names.first().waitFor();
  });

  await b.test('the palette opens a host by name and gives the focus back when closed', async () => {
    const name = await names.first().textContent();
    await grid.focus();
    await page.keyboard.press('Control+k');
    const box = page.getByRole('combobox', { name: 'Search hosts and pages' });
    await box.waitFor();
    await page.keyboard.press('Escape');
    await box.waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'grid');
    await page.keyboard.press('Control+k');
    await box.fill(name);
    await page.getByRole('option', { name }).first().and(page.locator('[aria-selected=true]')).waitFor();
    await b.shot('palette-light');
    await b.axe('palette');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name, level: 1 }).waitFor();
  });

  await b.test('the terms of what others wrote are a click away', async () => {
    const href = await page.getByRole('link', { name: /^Licences/ }).getAttribute('href');
    const [type, text] = await page.evaluate(async (path) => {
      const answer = await fetch(path);
      return [answer.headers.get('content-type'), await answer.text()];
    }, href);
    assert.match(type, /^text\/plain/);
    assert.match(text, /@tanstack\/react-router .*MIT/);
  });

  await b.test('the skip link leads to the content', async () => {
    await b.goto('/hosts');
    await names.first().waitFor();
    await page.keyboard.press('Tab');
    await page.getByRole('link', { name: 'Skip to content' }).and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('main:focus').waitFor();
  });
}
