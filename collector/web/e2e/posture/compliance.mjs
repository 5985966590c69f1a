import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export async function complianceTests(b, host) {
  const { page } = b;
  const results = page.getByRole('region', { name: 'Results', exact: true });
  const rows = results.locator('tbody tr');
  const path = `/hosts/${host.id}?tab=compliance`;
  const api = (query) =>
    page.evaluate(async (url) => (await fetch(url)).json(), `/api/v1/hosts/${host.id}/${query}`);

  await b.test('a host shows its scores, and first what fails', async () => {
    await b.goto(path);
    await rows.first().waitFor();
    const { counts } = await api('results?limit=1');
    await results.getByRole('link', { name: `Fail ${counts.fail.toLocaleString('en')}` }).waitFor();
    const verdicts = await rows.locator('.status').allTextContents();
    assert.ok(
      verdicts.every((verdict) => ['Fail', 'Waived'].includes(verdict)),
      verdicts.join(),
    );
    const { lenses } = await api('posture');
    const all = lenses.find(({ sort }) => sort === 'all');
    const shown = await page.locator('.figure', { hasText: 'Score' }).first().locator('b').textContent();
    assert.ok(Math.abs(Number.parseFloat(shown) - all.score) < 0.11, `${shown}, and ${all.score}`);
    await b.shot('compliance-light');
  });

  await b.test('every filter is in the address, which alone gives the same list', async () => {
    await results.getByRole('link', { name: /^Pass/ }).click();
    await page.waitForURL(/status=pass/);
    await results.getByRole('combobox', { name: 'Severity' }).selectOption('high');
    await page.waitForURL(/severity=high/);
    const first = rows.first().locator('a.name');
    await rows.first().getByText('High').waitFor();
    const name = await first.textContent();
    const other = await b.context.newPage();
    await other.goto(page.url());
    await other.locator('tr').getByRole('link', { name, exact: true }).first().waitFor();
    await other.close();
    await page.goBack();
    await page.waitForURL((url) => !url.searchParams.has('severity'));
  });

  await b.test('a filter that nothing matches says so and can be cleared; nonsense is dropped', async () => {
    await b.goto(`${path}&status=manual&framework=no_such_framework`);
    await results.getByText(/did not load|No result matches/).waitFor();
    await b.goto(`${path}&status=<b>&severity=awful&result=../x`);
    await rows.first().waitFor();
    await page.route(/\/results\?/, (route) =>
      route.fulfill({ json: { items: [], next: null, counts: { pass: 3, fail: 0 } } }),
    );
    await b.goto(`${path}&severity=low`);
    await page.getByRole('heading', { name: 'No result matches' }).waitFor();
    await b.axe('no result matches');
    await page.unroute(/\/results\?/);
    await results.getByRole('button', { name: 'Clear all filters' }).last().click();
    await page.waitForURL((url) => !url.searchParams.has('severity'));
    await rows.first().waitFor();
  });

  let key = '';
  await b.test('a result opens its evidence, which says what was read, expected and seen', async () => {
    await b.goto(path);
    const link = rows.first().locator('a.name');
    key = (await link.getAttribute('id')).replace('result-', '');
    await link.focus();
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('dialog', { name: 'Evidence' });
    await drawer.getByText('Because', { exact: true }).waitFor();
    await drawer.getByText('What was before').waitFor();
    const detail = await api(`results/${encodeURIComponent(key)}`);
    await drawer.getByText(detail.result.content, { exact: true }).waitFor();
    for (const seen of detail.result.evidence.slice(0, 1)) {
      await drawer.locator('.check-seen').first().getByText(seen.actual.slice(0, 60)).first().waitFor();
    }
    await b.axe('evidence');
    await b.shot('evidence-light');
  });

  await b.test('Copy takes the raw text, and the proof comes as a file', async () => {
    const drawer = page.getByRole('dialog', { name: 'Evidence' });
    await drawer.getByRole('button', { name: 'Copy the evidence' }).click();
    await drawer.getByRole('button', { name: 'Copied' }).waitFor();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(text, new RegExp(`^host: ${host.hostname}\nrule: ${key}\nverdict: fail\n`));
    assert.match(text, /\ncheck: .+\(fail\)\n/);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      drawer.getByRole('button', { name: 'Download the proof' }).click(),
    ]);
    const proof = JSON.parse(readFileSync(await download.path(), 'utf8'));
    assert.equal(proof.format, 1);
    assert.equal(proof.rule, key);
  });

  await b.test('a proof that there is not is said, with why', async () => {
    await page.route(/\/proof/, (route) =>
      route.fulfill({
        status: 409,
        contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'not_proved', title: 'Conflict', detail: 'No seal stands for it.' }),
      }),
    );
    const drawer = page.getByRole('dialog', { name: 'Evidence' });
    await drawer.getByRole('button', { name: 'Download the proof' }).click();
    await drawer.getByRole('alert').getByText('No seal stands for it.').waitFor();
    await page.unroute(/\/proof/);
  });

  await b.test('Esc closes the evidence, and the focus is where it was', async () => {
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Evidence' }).waitFor({ state: 'detached' });
    await page.waitForURL((url) => !url.searchParams.has('result'));
    await page.waitForFunction((id) => document.activeElement?.id === `result-${id}`, key);
  });

  await b.test('a result that changes shows without a reload, and nobody loses their place', async () => {
    const said = 'another reason than before';
    let changed = false;
    await page.route(/\/results\?/, async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      if (changed && body.items[0]) body.items[0].because = said;
      await route.fulfill({ response: answer, json: body });
    });
    // A feed that says again and again that results of the host changed.
    await page.route(/\/api\/v1\/live/, (route) =>
      route.fulfill({
        contentType: 'text/event-stream',
        body: `retry: 300\nid: 1\nevent: host_changed\ndata: ${JSON.stringify({ host: host.id, kinds: ['result'] })}\n\n`,
      }),
    );
    await b.goto(path);
    const link = rows.nth(3).locator('a.name');
    await link.focus();
    const before = await page.evaluate(() => {
      window.sameDocument = true;
      return [document.activeElement?.id, document.querySelector('main')?.scrollTop];
    });
    changed = true;
    await rows.first().getByText(said).waitFor();
    const after = await page.evaluate(() => [
      document.activeElement?.id,
      document.querySelector('main')?.scrollTop,
      window.sameDocument,
    ]);
    assert.deepEqual(after, [...before, true]);
    await page.unroute(/\/results\?/);
    await page.unroute(/\/api\/v1\/live/);
  });

  await b.test('results that do not load say so, and can be asked for again', async () => {
    await page.route(/\/results\?/, (route) => route.fulfill({ status: 500, body: '{}' }));
    await b.goto(path);
    await page.getByRole('heading', { name: 'The results did not load' }).waitFor();
    await page.unroute(/\/results\?/);
    await results.getByRole('button', { name: 'Try again' }).click();
    await rows.first().waitFor();
  });
}
