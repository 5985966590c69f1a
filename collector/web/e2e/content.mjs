// Bundles and rollouts, on a mock whose present rollout is in its second ring.
import assert from 'node:assert/strict';

export async function contentTests(b, mock) {
  const { page } = b;

  await b.test(
    'the content of the fleet is told by bundle, with who is stale and why hosts refuse',
    async () => {
      await b.signIn('/content');
      await page.getByText('This collector can sign content by itself').waitFor();
      const held = page.getByRole('region', { name: 'Content by bundle' });
      await held.getByRole('row', { name: /^43 193 Newer/ }).waitFor();
      await held.getByRole('row', { name: /^41 941 6 behind/ }).waitFor();
      await held.getByRole('row', { name: /^38 12 Expired/ }).waitFor();
      await held.getByRole('row', { name: /^Installed with the agent 17 Older/ }).waitFor();
      await page.getByRole('row', { name: /43 The host could not store it storage 3/ }).waitFor();
      await page.getByText('37 hosts take no bundles').waitFor();
      mock.fail(/^\/content\/mode/);
      await page.reload();
      await page.getByText('Whether this collector can sign content by itself is not known').waitFor();
      mock.fail(null);
    },
  );

  await b.test('a bundle is opened by its number, says who signed it, and is in the URL', async () => {
    await page
      .getByRole('region', { name: 'List of bundles' })
      .getByRole('link', { name: '42', exact: true })
      .click();
    await page.waitForURL(/\?bundle=42$/);
    const card = page.getByRole('region', { name: 'Bundle 42', exact: true });
    await card.getByText('Release team, Berlin').waitFor();
    await b.shot('content-bundle-light');
    await b.axe('a bundle');
    await page.reload();
    await card.getByText('Release team, Berlin').waitFor();
    await card.getByRole('link', { name: 'Close' }).click();
    await card.waitFor({ state: 'detached' });
    await b.goto('/content?bundle=7');
    await page.getByRole('heading', { name: 'This collector has no such bundle' }).waitFor();
  });

  await b.test('a rollout shows each ring, and its progress without a reload', async () => {
    await b.goto('/rollouts');
    await page.getByRole('link', { name: '43', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Rollout of bundle 43' }).waitFor();
    const early = page.getByRole('list', { name: 'Hosts of ring early' });
    await early.getByText('170 in force').waitFor();
    await early.getByText('4 refused').waitFor();
    await page.getByText('3 hosts: the host could not store it').waitFor();
    await page.getByRole('navigation', { name: 'Breadcrumb' }).getByText('Bundle 43').waitFor();
    await page.getByRole('row', { name: 'sudo-log-input No result Fail 180 965' }).waitFor();
    await page.getByRole('status').getByText('Live').waitFor();
    await page.evaluate(() => {
      window.sameDocument = true;
    });
    mock.settle();
    await early.getByText('216 in force').waitFor();
    await page.getByText(/^Enough have it since/).waitFor();
    await page.getByText('216 of 216 hosts have it').waitFor();
    assert.equal(await page.evaluate(() => window.sameDocument), true);
  });

  await b.test('a host says which bundle it has, and why it refused the last', async () => {
    const [, refusing] = mock.hosts();
    refusing.content_stale = 'behind';
    await b.goto(`/hosts/${refusing.id}`);
    const card = page.getByRole('region', { name: 'Content', exact: true });
    await card.getByText('Bundle 43: refused').waitFor();
    await card.getByText('Behind').waitFor();
    await card.getByText('The host could not store it: no space left on device').waitFor();
    await b.shot('host-content-light');
    await b.goto(`/hosts/${mock.hosts()[10].id}`);
    await card.getByText('Expired').waitFor();
    await b.axe('the content of a host');
    await card.getByRole('link', { name: 'Bundle 38' }).first().click();
    await page.getByRole('region', { name: 'Bundle 38', exact: true }).waitFor();
    await b.goto(`/hosts/${mock.hosts()[5].id}`);
    await page.getByText('Unknown build').waitFor();
  });

  for (const scheme of ['light', 'dark']) {
    await b.test(`content and rollouts are accessible: ${scheme}`, async () => {
      const halted = mock.rollouts().find((rollout) => rollout.state === 'halted');
      const present = mock.rollouts().find((rollout) => rollout.serial === 43);
      await b.setTheme(scheme);
      for (const [name, path, ready] of [
        ['content-full', '/content', 'table a.name'],
        ['rollouts-full', '/rollouts', 'table a.name'],
        ['rollout-running', `/rollouts/${present.id}`, '.story li'],
        ['rollout-halted', `/rollouts/${halted.id}`, '.story li[data-alert]'],
      ]) {
        await b.goto(path);
        await page.locator(ready).first().waitFor();
        await page.getByRole('status').getByText('Live').waitFor();
        await b.shot(`${name}-${scheme}`);
        await b.axe(`${name}, ${scheme}`);
        await b.noSidewaysScroll(name);
      }
    });
  }

  await b.test('a rollout that halted says which ring, why, and that somebody should look', async () => {
    await page
      .locator('.banner')
      .getByText(/^Ring canary: 21 of 21 hosts that answered refuse it/)
      .waitFor();
    await page
      .getByRole('listitem')
      .filter({ hasText: 'Halted · ring canary (somebody should look)' })
      .waitFor();
    assert.equal(await page.getByRole('button', { name: 'Pause' }).count(), 0);
    await b.setTheme('light');
  });

  await b.test('a rollout is paused after a question that names it, with a reason that is told', async () => {
    const present = mock.rollouts().find((rollout) => rollout.serial === 43);
    await b.goto(`/rollouts/${present.id}`);
    await page.getByRole('button', { name: 'Pause' }).click();
    const dialog = page.getByRole('dialog', { name: 'Pause the rollout of bundle 43?' });
    await dialog.getByLabel(/^Why/).fill('Audit week');
    await b.axe('pause');
    await b.shot('rollout-pause-light');
    await dialog.getByRole('button', { name: 'Pause bundle 43' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    await page.getByRole('listitem').filter({ hasText: 'Paused' }).getByText('Audit week').waitFor();
  });

  await b.test('a rollout is rolled back only with a bundle of a higher number', async () => {
    await page.getByRole('button', { name: 'Roll back' }).click();
    const newest = page.getByRole('dialog', { name: 'Roll back the rollout of bundle 43?' });
    await newest.getByText(/^No bundle with a higher number than 43 is published/).waitFor();
    await newest.getByRole('button', { name: 'Cancel' }).click();
    const halted = mock.rollouts().find((rollout) => rollout.serial === 42);
    await b.goto(`/rollouts/${halted.id}`);
    await page.getByRole('button', { name: 'Roll back' }).click();
    const dialog = page.getByRole('dialog', { name: 'Roll back the rollout of bundle 42?' });
    const options = dialog.getByLabel(/^With bundle/).locator('option');
    await options.first().waitFor({ state: 'attached' });
    assert.deepEqual(await options.allTextContents(), ['43: Debian 13, and 14 rules for sudo']);
    await b.axe('roll back');
    await b.shot('rollout-back-light');
    await dialog.getByRole('button', { name: 'Roll back bundle 42' }).click();
    await page.locator('.status').getByText('Rolling back').waitFor();
    await page.getByText('That is bundle 43.').waitFor({ state: 'attached' });
  });
}
