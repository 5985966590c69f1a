import assert from 'node:assert/strict';
import { ask } from './ask.mjs';

/** The feed, the search over the fleet, kept views, triage by the keyboard, and the list of hosts. */
export async function listTests(b, host) {
  const { page } = b;

  await b.test('the feed is filtered in the URL, and what happens meanwhile is announced', async () => {
    await b.goto('/activity?source=audit');
    const entries = page.getByRole('list', { name: 'What happened' }).getByRole('listitem');
    await entries.first().waitFor();
    const first = await entries.first().textContent();
    const { body: kept } = await ask(b, 'POST', '/saved-queries', {
      name: `decide feed ${Date.now()}`,
      list: 'hosts',
      filters: {},
      shared: false,
    });
    const news = page.getByRole('button', { name: /^Show \d+ new$/ });
    await news.waitFor({ timeout: 15_000 }).catch(async () => {
      // A kept query may be no record of the audit log: a baseline is.
      const made = await ask(b, 'POST', '/baselines', { name: `decide ${Date.now()}`, host: host.id });
      await ask(b, 'DELETE', `/baselines/${made.body.id}`);
      await news.waitFor({ timeout: 15_000 });
    });
    assert.equal(await entries.first().textContent(), first, 'the list did not move');
    await b.axe('news');
    await b.shot('decide-news');
    await news.click();
    await page.waitForFunction((old) => document.querySelector('.feed > li')?.textContent !== old, first);
    await news.waitFor({ state: 'detached' });
    await ask(b, 'DELETE', `/saved-queries/${kept.id}`);
    await page.getByRole('combobox', { name: 'Severity' }).selectOption('critical');
    await page.waitForURL(/severity=critical/);
    await page.getByRole('button', { name: 'Clear all', exact: true }).click();
    await page.waitForURL((url) => url.search === '');
  });

  await b.test('a package is found across the fleet, and leads to its hosts', async () => {
    await b.goto('/facts');
    await page.getByRole('searchbox', { name: 'Search keys' }).fill('open*');
    await page.waitForURL(/key=open/);
    const shares = page.getByRole('region', { name: 'Values, most hosts first' });
    await shares.getByRole('button').first().waitFor();
    const { body } = await ask(b, 'GET', '/facts?kind=package&key=open*');
    await page
      .getByRole('status')
      .getByText(new RegExp(`^${body.hosts.toLocaleString('en')} hosts? found$`))
      .waitFor();
    await shares.getByRole('button').first().click();
    await page.waitForURL(/where=version/);
    const version = await page.locator('.chip b').first().textContent();
    const { body: only } = await ask(
      b,
      'GET',
      `/facts?kind=package&key=open*&value.version=${encodeURIComponent(version)}`,
    );
    assert.ok(only.hosts >= 1);
    await page.getByRole('region', { name: 'Table: Hosts that have it' }).locator('a.name').first().click();
    await page.waitForURL(/tab=facts.*kind=package/);
  });

  await b.test('what is exported is what is shown', async () => {
    await b.goto('/facts?key=open*');
    await page.getByRole('button', { name: 'Export' }).click();
    await b.axe('the menu of exports');
    const href = await page.getByRole('menuitem', { name: 'CSV' }).getAttribute('href');
    const lines = await page.evaluate(async (path) => (await fetch(path)).text(), href);
    const { body } = await ask(b, 'GET', '/facts?kind=package&key=open*&limit=500');
    const rows = lines
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('#'));
    assert.equal(rows.length - 1, body.items.length, 'a row for each fact, and one of names');
    await page.keyboard.press('Escape');
  });

  await b.test('a view is saved, opened, planned and deleted', async () => {
    const name = `decide view ${Date.now()}`;
    // Of two views that are alike, the list is called by the first.
    const { body: old } = await ask(b, 'GET', '/saved-queries?limit=500');
    for (const { id } of old.items.filter((each) => each.own && each.name.startsWith('decide ')))
      await ask(b, 'DELETE', `/saved-queries/${id}`);
    await b.goto('/hosts?state=online&q=');
    await page.getByRole('button', { name: 'Saved views' }).click();
    await page.getByRole('menuitem', { name: 'Save this view…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Save the view' }).click();
    await dialog.getByText('Write a name.').waitFor();
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByRole('button', { name: 'Save the view' }).click();
    await dialog.waitFor({ state: 'detached' });
    await b.goto('/hosts');
    await page.getByRole('button', { name: 'Saved views' }).click();
    await page.getByRole('menuitem', { name }).click();
    await page.waitForURL(/state=online/);
    await page.getByRole('button', { name }).waitFor();
    await b.goto('/exports');
    const row = page.getByRole('row').filter({ hasText: name });
    await page.getByRole('button', { name: `Schedule ${name}` }).click();
    await page.getByRole('dialog').getByLabel('How often').selectOption({ label: 'Every Monday at 06:00' });
    await b.axe('plan an export');
    await page.getByRole('dialog').getByRole('button', { name: 'Plan it' }).click();
    await row.filter({ hasText: 'Every Monday at 06:00' }).waitFor();
    await b.shot('decide-exports');
    await page
      .getByRole('region', { name: 'Saved views', exact: true })
      .getByRole('button', { name: `Delete ${name}` })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete the view' }).click();
    await row.first().waitFor({ state: 'detached' });
  });

  await b.test('the keys are listed, and can be turned off', async () => {
    await b.goto('/alerts');
    await page.getByRole('heading', { name: 'Alerts', level: 1 }).waitFor();
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await dialog.getByText('Go to Hosts').waitFor();
    await dialog.getByRole('group', { name: 'Alerts' }).getByText('Acknowledge').waitFor();
    await b.axe('the keys');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await b.goto('/facts');
    const field = page.getByRole('searchbox', { name: 'Search keys' });
    await field.waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('?gh');
    assert.equal(await field.inputValue(), '?gh', 'who types is writing');
    assert.equal(new URL(page.url()).pathname, '/facts');
    assert.equal(await dialog.count(), 0);
    await b.goto('/alerts');
    await page.getByRole('heading', { name: 'Alerts', level: 1 }).waitFor();
    await page.keyboard.press('?');
    await b.shot('decide-keys');
    await dialog.getByRole('checkbox').uncheck();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await page.keyboard.press('g');
    await page.keyboard.press('h');
    await page.waitForTimeout(300);
    assert.equal(new URL(page.url()).pathname, '/alerts');
    assert.equal(await dialog.count(), 0);
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Keyboard shortcuts' }).click();
    await dialog.getByRole('checkbox').check();
    await dialog.getByRole('button', { name: 'Close' }).click();
  });

  const { body: alerts } = await ask(b, 'GET', '/alerts?state=active&limit=3');
  if (alerts.items.length < 3) {
    console.log('note there are fewer than three active alerts: triage did not run');
  } else {
    await b.test('alerts are gone through by the keyboard alone', async () => {
      await b.goto('/alerts?state=active');
      const rows = page.locator('tr[data-row]');
      await rows.nth(2).waitFor();
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      await rows.nth(1).locator('a.name:focus').waitFor();
      await page.keyboard.press('x');
      await page.keyboard.press('j');
      await page.keyboard.press('x');
      await page.getByRole('status').getByText('2 selected').waitFor();
      await b.axe('a selection');
      await b.shot('decide-triage');
      await page.keyboard.press('d');
      await page.getByRole('heading', { name: 'Dismiss 2 alerts?' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.keyboard.press('s');
      await page.getByRole('dialog').getByLabel('For how long').selectOption({ label: '1 hour' });
      await page.getByRole('dialog').getByRole('button', { name: 'Snooze 2 alerts' }).click();
      await page.getByRole('status').getByText('2 alerts snoozed').waitFor();
      const { body: snoozed } = await ask(b, 'GET', '/alerts?state=snoozed&limit=500');
      const both = alerts.items.slice(1, 3).map(({ id }) => id);
      assert.ok(
        both.every((id) => snoozed.items.some((alert) => alert.id === id)),
        'the two are snoozed',
      );
      for (const id of both) await ask(b, 'POST', `/alerts/${id}/wake`, { note: '' });
    });

    await b.test('Enter opens the alert that the keys are at', async () => {
      await b.goto('/alerts?state=active');
      const rows = page.locator('tr[data-row]');
      await rows.first().waitFor();
      await page.keyboard.press('j');
      const title = await rows.first().locator('a.name').textContent();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: title, level: 1 }).waitFor();
    });
  }

  await b.test('hosts are filtered by what they are, and each filter can be taken away', async () => {
    await b.goto('/hosts');
    const grid = page.getByRole('grid', { name: 'Hosts' });
    await grid.locator('a.name').first().waitFor();
    await page.getByRole('combobox', { name: 'State' }).selectOption('online');
    await page.waitForURL(/state=online/);
    await page.getByLabel('Label').fill('nonsense');
    await page.getByRole('button', { name: 'Add label' }).click();
    await page.getByText('Write it as key=value').waitFor();
    await page.getByLabel('Label').fill('decide=no-host-has-it');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'No host matches' }).waitFor();
    await page.getByRole('status').getByText('0 hosts match').waitFor();
    await page.getByRole('button', { name: 'Remove filter Label: decide=no-host-has-it' }).click();
    await page.waitForURL((url) => !url.searchParams.has('label'));
    await page.getByRole('button', { name: 'Clear all', exact: true }).click();
    await page.waitForURL((url) => url.search === '');
  });

  await b.test(
    'hosts are put together by what they have in common, and each group leads to its list',
    async () => {
      await b.goto('/hosts?by=os');
      const { body: counts } = await ask(b, 'GET', '/host-counts?by=os');
      const { value: os, hosts } = counts.items.find(({ value }) => value !== null);
      const groups = page.getByRole('list', { name: 'Hosts by operating system' });
      const header = groups.getByRole('button', { name: new RegExp(`^${os.replace(/[/.()]/g, '.')}`) });
      await header.getByText(`${hosts.toLocaleString('en')} host`).waitFor();
      await header.focus();
      await page.keyboard.press('Enter');
      await page.waitForURL((url) => url.searchParams.get('open') === os);
      await groups.getByRole('link').first().waitFor();
      await b.axe('hosts by operating system');
      await b.shots('decide-hosts-grouped');
      await groups.getByRole('button', { name: /^Show all/ }).click();
      await page.waitForURL((url) => url.searchParams.get('os') === os && !url.searchParams.has('by'));
      await page
        .getByRole('status')
        .getByText(new RegExp(`^${hosts.toLocaleString('en')} hosts? match`))
        .waitFor();
      await page.getByRole('button', { name: `Remove filter Operating system: ${os}` }).waitFor();
      await b.goto('/hosts');
      await page.getByRole('button', { name: 'Cards' }).click();
      await page.waitForURL(/view=cards/);
      await page.getByRole('grid', { name: 'Hosts' }).locator('.host-card').first().waitFor();
      await b.axe('hosts as cards');
      await b.shots('decide-hosts-cards');
    },
  );

  await b.test('columns are chosen, and the name stays whatever the URL says', async () => {
    await b.goto('/hosts');
    const grid = page.getByRole('grid', { name: 'Hosts' });
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Enrolled' }).click();
    await page.waitForURL(/cols=/);
    await b.axe('the columns');
    await page.keyboard.press('Escape');
    assert.equal(await grid.getByRole('columnheader', { name: 'Enrolled' }).count(), 0);
    await b.goto('/hosts?cols=');
    await grid.getByRole('columnheader', { name: 'Host', exact: true }).waitFor();
  });

  await b.test(
    'hosts are chosen by the keyboard, and all that match beyond those that are loaded',
    async () => {
      await b.goto('/hosts');
      const grid = page.getByRole('grid', { name: 'Hosts' });
      await grid.locator('a.name').first().waitFor();
      const total = Number(await grid.getAttribute('aria-rowcount')) - 1;
      await grid.focus();
      await page.keyboard.press('j');
      await page.keyboard.press('x');
      await page.getByRole('status').getByText('1 selected').waitFor();
      await grid.locator('[aria-selected=true]').waitFor();
      await b.axe('hosts that are chosen');
      await b.shot('decide-hosts-chosen');
      if (total > 1) {
        await page
          .getByRole('button', { name: `Select all ${total.toLocaleString('en')} that match` })
          .click();
        await page
          .getByRole('status')
          .getByText(`All ${total.toLocaleString('en')} that match are selected`)
          .waitFor();
        await page.getByRole('button', { name: 'Export all that match' }).click();
        const href = await page.getByRole('menuitem', { name: 'CSV' }).getAttribute('href');
        const text = await page.evaluate(async (path) => (await fetch(path)).text(), href);
        assert.equal(
          text
            .trim()
            .split('\n')
            .filter((line) => !line.startsWith('#')).length - 1,
          total,
        );
        await page.keyboard.press('Escape');
      }
      await page.getByRole('button', { name: 'Clear selection' }).click();
      assert.equal(await page.getByText(/selected$/).count(), 0);
    },
  );
}
