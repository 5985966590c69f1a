import assert from 'node:assert/strict';
import { execSync } from 'node:child_process';
import { ask } from './ask.mjs';

/** Drift, baselines and comparisons. */
export async function driftTests(b, host) {
  const { page } = b;
  const change = process.env.OPENWATCH_CHANGE_CMD;

  await b.test('filters of drift are in the URL, each with a way to take it away', async () => {
    await b.goto('/drift');
    await page.getByRole('heading', { name: 'Drift', level: 1 }).waitFor();
    await page.getByRole('combobox', { name: 'Level' }).selectOption('major');
    await page.waitForURL(/level=major/);
    await page.getByRole('combobox', { name: 'Direction' }).selectOption('better');
    await page.getByRole('button', { name: 'Remove filter Direction: Better' }).click();
    await page.waitForURL((url) => !url.searchParams.has('direction') && url.searchParams.has('level'));
    await page.getByRole('searchbox', { name: 'Search drift' }).fill('no-story-has-this');
    await page.getByRole('heading', { name: 'No story of drift matches' }).waitFor();
    await page.getByRole('button', { name: 'Clear all filters' }).click();
    await page.waitForURL((url) => url.search === '');
    await b.goto('/drift?state=nonsense&since=yesterday');
    assert.equal(await page.locator('.chip').count(), 0);
  });

  if (change) {
    await b.test('a change on the host becomes a story without a reload', async () => {
      await b.goto(`/hosts/${host.id}?tab=drift`);
      await page.getByRole('tabpanel').waitFor();
      const { body: before } = await ask(b, 'GET', `/hosts/${host.id}/drift?limit=100`);
      const newest = before.items[0]?.last_at ?? '';
      execSync(change, { stdio: ['ignore', 'ignore', 'inherit'] });
      const end = Date.now() + 30_000;
      let found;
      while (!found && Date.now() < end) {
        await page.waitForTimeout(500);
        const { body } = await ask(b, 'GET', `/hosts/${host.id}/drift?limit=100`);
        found = body.items.find(({ last_at }) => last_at > newest);
      }
      assert.ok(found, 'there is a story of it');
      await page.getByRole('link', { name: found.title, exact: true }).first().waitFor();
    });
  } else {
    console.log(
      'note OPENWATCH_CHANGE_CMD is not set: no change was made, and a story is looked at if there is one',
    );
  }

  const { body: stories } = await ask(b, 'GET', `/drift?state=unexplained&host=${host.id}&limit=1`);
  const story = stories.items[0];
  if (story) {
    await b.test('a story says before and after with signs, unified and split, in the URL', async () => {
      await b.goto(`/drift/${story.id}`);
      await page.getByRole('heading', { name: story.title, level: 1 }).waitFor();
      assert.match(await page.locator('.diff td.sign').first().textContent(), /^[+−](before|after)$/);
      await page.getByRole('button', { name: 'Split' }).click();
      await page.waitForURL(/view=split/);
      await page.getByRole('columnheader', { name: 'Before' }).first().waitFor();
      await page.reload();
      await page.getByRole('columnheader', { name: 'After' }).first().waitFor();
      await b.shot('decide-story-split');
    });

    await b.test('drift is acknowledged with a word, and reopened', async () => {
      await page.getByRole('button', { name: 'Acknowledge' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Acknowledge' }).click();
      await dialog.getByText('Write something.').waitFor();
      await dialog.getByRole('textbox').fill('decide: it is well so');
      await dialog.getByRole('button', { name: 'Acknowledge' }).click();
      await page.locator('.head .status').getByText('Acknowledged').waitFor();
      await page.getByText('decide: it is well so').first().waitFor();
      await page.getByRole('button', { name: 'Reopen' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Reopen' }).click();
      await page.locator('.head .status').getByText('Unexplained').waitFor();
    });
  }

  await b.test('two instants are compared, and the address alone shows the same', async () => {
    await b.goto(`/compare?host=${host.id}`);
    await page.getByRole('heading', { name: 'From which instant on?' }).waitFor();
    await page.getByRole('button', { name: '30 days ago' }).click();
    await page.waitForURL(/from=\d{4}-/);
    const list = page.getByRole('region', { name: 'Results that are another' });
    await list
      .locator('table')
      .first()
      .or(page.getByRole('heading', { name: 'Nothing is another' }))
      .waitFor();
    const address = page.url();
    await b.goto(address.replace(b.url, ''));
    await list
      .locator('table')
      .first()
      .or(page.getByRole('heading', { name: 'Nothing is another' }))
      .waitFor();
    await b.goto('/compare?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z');
    await page.getByText('The earlier instant is not before the later one').waitFor();
  });

  await b.test('a baseline is pinned, compared with, promoted and deleted', async () => {
    const name = `decide ${Date.now()}`;
    await b.goto(`/baselines?host=${host.id}`);
    await page.getByRole('button', { name: 'Pin a baseline' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Pin', exact: true }).click();
    await dialog.getByText('Write 1 to 100 characters.').waitFor();
    await b.axe('pin a baseline');
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByRole('button', { name: 'Pin', exact: true }).click();
    const row = page.getByRole('row').filter({ hasText: name });
    await row.waitFor();
    await row.getByRole('link', { name }).click();
    await page.waitForURL(/what=baseline/);
    await page
      .getByRole('heading', { name: 'Nothing is another' })
      .or(page.getByRole('columnheader', { name: 'What became of it' }))
      .waitFor();
    await page.getByRole('combobox', { name: 'Of what' }).selectOption('facts');
    await page.waitForURL(/of=facts/);
    await page.getByRole('combobox', { name: 'Kind' }).selectOption('package');
    await page.waitForURL(/kind=package/);
    await page.getByRole('heading', { name: 'No fact of this kind is another' }).waitFor();
    await page.goBack();
    await b.goto(`/baselines?host=${host.id}`);
    await row.getByRole('button', { name: `Promote ${name}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Promote the present' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await row.getByRole('button', { name: `Delete ${name}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete the baseline' }).click();
    await row.waitFor({ state: 'detached' });
  });

  const { body: hosts } = await ask(b, 'GET', '/hosts?limit=20');
  const second = hosts.items.find(({ id }) => id !== host.id);
  if (!second) {
    console.log('note there is one host: two were not compared');
    return;
  }
  await b.test('the facts of two hosts stand beside each other, kind by kind', async () => {
    await b.goto(`/compare?what=hosts&a=${host.id}&b=${second.id}&kind=os`);
    await page
      .getByRole('status')
      .getByText(/^[\d,]+ differ, [\d,]+ the same$/)
      .waitFor();
    await page.getByRole('button', { name: 'Split' }).click();
    await page.waitForURL(/view=split/);
    await page.getByRole('checkbox', { name: 'Show what is the same' }).check();
    await page.waitForURL(/same=yes/);
    await b.goto(`/compare?what=hosts&a=${host.id}&b=${host.id}`);
    await page.getByRole('heading', { name: 'Choose two different hosts' }).waitFor();
  });
}
