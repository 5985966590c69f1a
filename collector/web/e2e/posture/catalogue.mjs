import assert from 'node:assert/strict';

export async function catalogueTests(b, host) {
  const { page } = b;

  await b.test('findings are the rules that fail, on most hosts first', async () => {
    await b.goto('/findings');
    const rows = page.locator('tbody tr');
    await rows.first().waitFor();
    const counts = (await rows.locator('td:last-child').allTextContents()).map((text) =>
      Number(text.replaceAll(',', '')),
    );
    assert.deepEqual(
      counts,
      [...counts].sort((x, y) => y - x),
    );
    const lens = page.getByRole('combobox', { name: 'Framework or profile' });
    await lens.locator('option', { hasText: 'cis_debian12' }).first().waitFor({ state: 'attached' });
    await lens.selectOption('framework cis_debian12');
    await page.waitForURL(/framework=cis_debian12/);
    await page.getByRole('button', { name: 'Clear all filters' }).click();
    await page.waitForURL((url) => !url.searchParams.has('framework'));
    await rows.first().getByRole('link').click();
    await page.waitForURL(/\/rules\/.+status=fail/);
  });

  await b.test('findings of a group without any say so', async () => {
    const failing = /\/posture\/failing/;
    await page.route(failing, (route) =>
      route.fulfill({ json: { at: '2026-01-01T00:00:00.000000Z', items: [] } }),
    );
    await b.goto('/findings?framework=cis_debian12');
    await page.getByRole('heading', { name: 'No rule fails there' }).waitFor();
    await b.goto('/findings?group=no-group');
    await page.getByRole('heading', { name: 'No rule fails', exact: true }).waitFor();
    await b.axe('no findings');
    await page.unroute(failing);
  });

  await b.test('a rule says why, who fails it and since when, and leads to the evidence', async () => {
    const rule = await page.evaluate(async (id) => {
      const answer = await fetch(`/api/v1/hosts/${id}/results?status=fail&limit=1`);
      return (await answer.json()).items[0].rule;
    }, host.id);
    await b.goto(`/rules/${rule}?status=fail`);
    await page.getByRole('region', { name: 'Why it matters' }).waitFor();
    await page.getByText(`id: ${rule}`).waitFor();
    const hosts = page.getByRole('region', { name: 'Hosts', exact: true });
    await hosts.locator('tbody tr').first().waitFor();
    const verdicts = await hosts.locator('tbody .status').allTextContents();
    assert.ok(verdicts.every((verdict) => ['Fail', 'Waived'].includes(verdict)));
    const boxes = hosts.getByRole('checkbox');
    await boxes.first().check();
    const compare = page.getByRole('region', { name: 'Evidence side by side' });
    await compare.waitFor();
    if ((await boxes.count()) > 1) {
      await boxes.nth(1).check();
      await page.waitForFunction(() => document.querySelectorAll('.sides > section').length === 2);
    }
    await page.waitForURL(/a=/);
    await b.axe('evidence side by side');
    await b.shot('rule-compare-light');
    await page.getByRole('button', { name: 'Stop comparing' }).click();
    await compare.waitFor({ state: 'detached' });
    await hosts.locator('tbody a.name').first().click();
    await page.getByRole('dialog', { name: 'Evidence' }).waitFor();
  });

  await b.test('a rule that there is not is said to be none', async () => {
    await b.goto('/rules/no-such-rule');
    await page.getByRole('heading', { name: 'This collector has no such rule' }).waitFor();
    await b.axe('no such rule');
  });

  await b.test('rules are found by text, severity and profile, all in the address', async () => {
    await b.goto('/rules');
    const grid = page.getByRole('grid', { name: 'Rules' });
    await grid.locator('a.name').first().waitFor();
    await page.getByRole('searchbox', { name: 'Search rules' }).fill('ssh');
    await page.waitForURL(/q=ssh/);
    await page.getByRole('combobox', { name: 'Severity' }).selectOption('high');
    await page.waitForURL(/severity=high/);
    await page
      .locator('.head [role=status]')
      .getByText(/^\d+ rules?$/)
      .waitFor();
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll('.grid-body .severity')].length > 0 &&
        [...document.querySelectorAll('.grid-body .severity')].every((each) => each.textContent === 'High'),
    );
    await b.goto('/rules?q=nothing-has-this&severity=awful');
    await page.getByRole('heading', { name: 'No rule matches' }).waitFor();
    await page.getByRole('button', { name: 'Clear all filters' }).last().click();
    await grid.locator('a.name').first().waitFor();
    const profile = await page.evaluate(
      async () => (await (await fetch('/api/v1/profiles')).json()).items[0],
    );
    await b.goto(`/rules?profile=${profile.key}`);
    await page.locator('.head [role=status]').getByText(`${profile.rules.length} rules`).waitFor();
  });

  await b.test('a framework shows how far rules decide it, and its controls lead to them', async () => {
    await b.goto('/frameworks');
    const framework = await page.evaluate(
      async () => (await (await fetch('/api/v1/frameworks')).json()).items[0],
    );
    const row = page.getByRole('row', { name: new RegExp(`^${framework.key} `) });
    await row.getByText(String(framework.covered), { exact: true }).first().waitFor();
    await row.getByRole('link', { name: framework.key }).click();
    const status = page.getByRole('region', { name: 'Controls', exact: true }).getByRole('status');
    await status.getByText(`${framework.controls} / ${framework.controls}`).waitFor();
    await page.getByRole('combobox', { name: 'Coverage' }).selectOption('covered');
    await page.waitForURL(/show=covered/);
    await status.getByText(`${framework.covered} / ${framework.controls}`).waitFor();
    await page.locator('table.controls a').first().click();
    await page.waitForURL(/\/rules\//);
    await b.goto('/frameworks/no_such');
    await page.getByRole('heading', { name: 'This collector has no such framework' }).waitFor();
  });

  await b.test('a profile says which rules it has', async () => {
    await b.goto('/profiles');
    const first = page.locator('tbody a.name').first();
    const title = await first.textContent();
    await first.click();
    await page.waitForURL(/profile=/);
    await page
      .getByRole('region', { name: `Rules of ${title}` })
      .getByRole('link')
      .first()
      .waitFor();
    await b.goto('/profiles?profile=no-such');
    await page.getByRole('heading', { name: 'This collector has no such profile' }).waitFor();
  });
}
