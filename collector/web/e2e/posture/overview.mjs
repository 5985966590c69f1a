import assert from 'node:assert/strict';

export async function overviewTests(b) {
  const { page } = b;
  const part = (name) => page.getByRole('region', { name, exact: true });

  await b.test('the first page says how the fleet stands, and on what that stands', async () => {
    await b.goto('/');
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    const fleet = await page.evaluate(async () => (await fetch('/api/v1/posture')).json());
    const score = part('Fleet score');
    await score
      .getByText(`${fleet.counted.toLocaleString('en')} of ${fleet.hosts.toLocaleString('en')} hosts`)
      .waitFor();
    const shown = await score.locator('.figure a').first().textContent();
    assert.ok(Math.abs(Number.parseFloat(shown) - fleet.score) < 0.2, `${shown}, and ${fleet.score}`);
    await part('Silent hosts')
      .getByRole('link', { name: String(fleet.silent), exact: true })
      .waitFor();
    await part('Rules that fail most').locator('tbody tr').first().waitFor();
    await part('Worst hosts').locator('tbody tr').first().waitFor();
    await part('Alerts').waitFor();
    await part('Waivers').waitFor();
    await part('Unexplained drift').waitFor();
  });

  await b.test('figures lead to what they count', async () => {
    await part('Silent hosts').getByRole('link').first().click();
    await page.waitForURL(/\/posture\?show=silent/);
    await page.goBack();
    await part('Worst hosts').getByRole('link').first().click();
    await page.waitForURL(/\/hosts\/.+tab=compliance/);
    await page.goBack();
    await part('Rules that fail most').getByRole('link').first().click();
    await page.waitForURL(/\/rules\//);
    await page.goBack();
    await part('Fleet score').waitFor();
  });

  await b.test('parts are moved and hidden with the keyboard, and stay so', async () => {
    const order = () =>
      page.locator('.widget').evaluateAll((parts) => parts.map((each) => each.dataset.widget));
    await page.getByRole('button', { name: 'Arrange' }).click();
    const before = await order();
    await page.getByRole('button', { name: 'Move Worst hosts forward' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    const after = await order();
    assert.equal(after.indexOf('worst'), before.indexOf('worst') - 2);
    await page.getByRole('button', { name: 'Hide Waivers' }).focus();
    await page.keyboard.press('Space');
    await b.axe('the overview, being arranged');
    await b.shot('overview-arrange-light');
    await page.reload();
    await part('Fleet score').waitFor();
    assert.deepEqual(
      await order(),
      after.filter((name) => name !== 'waivers'),
    );
    await page.getByRole('button', { name: 'Arrange' }).click();
    await page.getByRole('button', { name: 'Show Waivers' }).click();
    await part('Waivers').waitFor();
    await page.getByRole('combobox', { name: 'Arranged for' }).selectOption('operator');
    assert.equal((await order())[0], 'alerts');
    await page.getByRole('combobox', { name: 'Arranged for' }).selectOption('everything');
    assert.deepEqual(await order(), before);
    await page.getByRole('button', { name: 'Done' }).click();
  });

  await b.test('a part that does not load says so, and the others stand', async () => {
    const failing = /\/posture\/failing/;
    await page.route(failing, (route) => route.fulfill({ status: 500, body: '{}' }));
    await page.reload();
    await part('Rules that fail most').getByRole('heading', { name: 'This did not load' }).waitFor();
    await part('Worst hosts').locator('tbody tr').first().waitFor();
    await page.unroute(failing);
    await part('Rules that fail most').getByRole('button', { name: 'Try again' }).click();
    await part('Rules that fail most').locator('tbody tr').first().waitFor();
  });

  await b.test('who may not read something does not see its part, nor its place', async () => {
    const session = /\/api\/v1\/session$/;
    await page.route(session, async (route) => {
      const answer = await route.fetch();
      const grants = ['hosts.read', 'alerts.read'].map((permission) => ({ permission, everywhere: true }));
      await route.fulfill({ response: answer, json: { ...(await answer.json()), grants } });
    });
    await b.goto('/');
    await part('Alerts').waitFor();
    assert.equal(await page.locator('.widget').count(), 1);
    assert.equal(await page.getByRole('link', { name: 'Findings' }).count(), 0);
    await b.goto('/findings');
    await page.getByRole('heading', { name: 'You may not read results' }).waitFor();
    await page.unroute(session);
  });
}
