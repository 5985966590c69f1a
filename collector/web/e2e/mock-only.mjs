// What a well collector does not do: no hosts, many hosts, failures, a cut feed, a session that ends, a rollout
// that halts.
import assert from 'node:assert/strict';
import { PASSWORD, startMock, USER } from '../mock/server.mjs';
import { openBrowser } from './browser.mjs';
import { contentTests } from './content.mjs';

const MANY = 1_200;

/** Runs them on mocks of their own. Returns how many passed and failed. */
export async function runMockTests() {
  const counts = { passed: 0, failed: 0 };
  for (const [hosts, tests] of [
    [0, emptyFleetTests],
    [MANY, troubleTests],
    [24, contentTests],
  ]) {
    const mock = await startMock({ hosts });
    const b = await openBrowser({ url: mock.url, user: USER, password: PASSWORD });
    try {
      await tests(b, mock);
      await b.test(`no policy was broken with ${hosts} hosts`, async () =>
        assert.deepEqual(b.complaints, []),
      );
    } finally {
      await b.close();
      await mock.close();
    }
    counts.passed += b.passed;
    counts.failed += b.failed;
  }
  return counts;
}

async function emptyFleetTests(b, mock) {
  const { page } = b;

  await b.test(
    'with no host, the first page makes one line and turns into the list when a host arrives',
    async () => {
      await b.signIn('/hosts');
      await page.getByRole('heading', { name: 'Enrol your first host' }).waitFor();
      await b.axe('first run');
      await page.getByRole('button', { name: 'Create the line' }).click();
      const line = page.getByRole('textbox', { name: 'Enrolment command' });
      await line.waitFor();
      await page.getByRole('button', { name: 'Copy' }).click();
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await line.textContent());
      await b.shot('first-run-light');
      await b.axe('first run, with the line');
      await b.setTheme('dark');
      await page.getByRole('button', { name: 'Create the line' }).waitFor();
      await b.shot('first-run-dark');
      await page.getByRole('status').getByText('Live').waitFor();
      const host = mock.enrol();
      await page.getByRole('link', { name: host.hostname }).waitFor();
    },
  );
}

async function troubleTests(b, mock) {
  const { page } = b;
  const grid = page.getByRole('grid', { name: 'Hosts' });
  const names = grid.locator('a.name');
  const [first] = mock.hosts();
  const byState = (state) => mock.hosts().find((host) => host.state === state);

  await b.test('a list of any length is read as one scrolls, and never all in the page', async () => {
    await b.signIn('/hosts');
    await names.first().waitFor();
    assert.equal(await grid.getAttribute('aria-rowcount'), String(MANY + 1));
    const last = mock
      .hosts()
      .map((host) => host.hostname)
      .sort()
      .at(-1);
    await grid.focus();
    await assert.doesNotReject(async () => {
      for (let turn = 0; turn < 40 && (await grid.getByRole('link', { name: last }).count()) === 0; turn++) {
        await page.keyboard.press('End');
        await page.waitForFunction(() => !document.querySelector('.grid-body .bone'));
      }
    });
    await grid.getByRole('link', { name: last }).waitFor();
    assert.ok((await grid.getByRole('row').count()) < 70, 'only a window of rows is in the page');
  });

  await b.test('a host that goes offline changes its row and no other, and the scroll stays', async () => {
    await b.goto('/hosts');
    await names.first().waitFor();
    await page.getByRole('status').getByText('Live').waitFor();
    await grid.evaluate((box) => box.scrollTo(0, 400));
    const row = grid
      .getByRole('row')
      .filter({ has: page.getByText('Online') })
      .nth(8);
    const href = await row.locator('a.name').getAttribute('href');
    const changed = grid.getByRole('row').filter({ has: page.locator(`a[href="${href}"]`) });
    await page.evaluate(() => {
      window.touched = new Set();
      new MutationObserver((records) => {
        for (const { target } of records) {
          const id = (target instanceof Element ? target : target.parentElement)?.closest('[role=row]')?.id;
          if (id) window.touched.add(id);
        }
      }).observe(document.querySelector('.grid-body'), {
        subtree: true,
        childList: true,
        characterData: true,
      });
    });
    mock.setState(href.split('/').at(-1), 'link_lost');
    await changed.getByText('Link lost').waitFor();
    assert.equal(await page.evaluate(() => window.touched.size), 1);
    assert.equal(await grid.evaluate((box) => box.scrollTop), 400);
  });

  await b.test('a cut feed says so, comes back, and shows what was missed', async () => {
    await b.goto(`/hosts/${first.id}?tab=changes`);
    await page.locator('article.change').first().waitFor();
    await page.getByRole('status').getByText('Live').waitFor();
    mock.fail(/^\/live/);
    mock.cut();
    await page.getByRole('status').getByText('Reconnecting').waitFor();
    await b.shot('reconnecting-light');
    const version = mock.change(first.id);
    mock.fail(null);
    await page.getByRole('status').getByText('Live').waitFor();
    await page.locator('article.change').first().locator('tr').filter({ hasText: version }).waitFor();
  });

  await b.test('what does not load says why, and can be tried again', async () => {
    mock.fail(/\/facts$/);
    await b.goto(`/hosts/${first.id}?tab=facts&kind=user`);
    await page.getByRole('heading', { name: 'The facts did not load' }).waitFor();
    await page.getByText('The database does not answer.').waitFor();
    await b.shot('failed-light');
    await b.axe('failed');
    mock.fail(null);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('jmeier', { exact: true }).waitFor();
  });

  await b.test('a session that ends leads to the sign-in page and back to where one was', async () => {
    await b.goto(`/hosts/${first.id}?tab=facts&kind=mount`);
    await page.getByText('tmpfs').first().waitFor();
    mock.signOutAll();
    await page.getByRole('tab', { name: 'Changes' }).click();
    await page.getByRole('heading', { name: 'Sign in to OpenWatch' }).waitFor();
    await page.getByLabel('Name').fill(USER);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.locator('article.change').first().waitFor();
    assert.equal(new URL(page.url()).pathname, `/hosts/${first.id}`);
  });

  await b.test('stale, quarantined, revoked and offline hosts say so plainly', async () => {
    const stale = mock.hosts().find((host) => host.stale_kinds.length > 0);
    await b.goto(`/hosts/${stale.id}?tab=facts&kind=listener`);
    await page.getByText('permission denied').waitFor();
    await b.shot('host-stale-light');
    for (const [state, text] of [
      ['quarantined', /Quarantined: a machine with another machine-id/],
      ['revoked', /It can no longer report/],
      ['agent_stopped', /Not connected: .* What is shown is as of/],
    ]) {
      await b.goto(`/hosts/${byState(state).id}`);
      await page.locator('.banner').getByText(text).waitFor();
      await b.shot(`host-${state}-light`);
      await b.axe(state);
    }
  });

  await b.test('a host is released from quarantine after a question that names it', async () => {
    const host = byState('quarantined');
    await b.goto(`/hosts/${host.id}`);
    await page.getByRole('button', { name: 'Release host' }).click();
    const dialog = page.getByRole('dialog', { name: `Release ${host.hostname}?` });
    await b.axe('release');
    await b.shot('release-light');
    await dialog.getByRole('button', { name: `Release ${host.hostname}` }).click();
    await page
      .locator('.banner')
      .getByText(/Not connected/)
      .waitFor();
    assert.equal(await page.getByText('Quarantined').count(), 0);
  });

  await b.test('a host is revoked after a question that names it', async () => {
    await b.goto(`/hosts/${first.id}`);
    await page.getByRole('button', { name: 'Revoke host' }).click();
    const dialog = page.getByRole('dialog', { name: `Revoke ${first.hostname}?` });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.equal(first.state, 'online');
    await page.getByRole('button', { name: 'Revoke host' }).and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Enter');
    await b.shot('revoke-light');
    await dialog.getByRole('button', { name: `Revoke ${first.hostname}` }).click();
    await page
      .locator('.banner')
      .getByText(/It can no longer report/)
      .waitFor();
    assert.equal(await page.getByRole('button', { name: 'Revoke host' }).count(), 0);
  });

  await b.test('an unknown host and an unknown page say so', async () => {
    await b.goto('/hosts/00000000-0000-0000-0000-000000000000');
    await page.getByRole('heading', { name: 'This collector knows no such host' }).waitFor();
    await b.goto('/no/such/page');
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
    await b.axe('not found');
  });
}
