import assert from 'node:assert/strict';
import { cue } from '../cue.mjs';

/** What changes is shown while one looks, and what changed while the collector was away, when it is back. */
export async function liveTests(b, host) {
  const { page } = b;
  const changes = page.locator('article.change');
  const packages = changes.filter({ hasText: 'base-files' });

  await b.test('a change arrives while one looks', async () => {
    await b.goto(`/hosts/${host.id}?tab=changes`);
    await changes.first().waitFor();
    await page.getByRole('status').getByText('Live').waitFor();
    const seen = await packages.filter({ hasText: 'deb12u9' }).count();
    const start = Date.now();
    await cue('update');
    await packages.filter({ hasText: 'deb12u9' }).nth(seen).waitFor();
    console.log(`note the change showed ${Date.now() - start} ms after it was made`);
    await b.shots('walk-change');
  });

  await b.test(
    'a collector that is away is told within five seconds, and what it missed when it is back',
    async () => {
      await b.goto(`/hosts/${host.id}?tab=compliance&result=ssh-root-login-off`);
      const drawer = page.getByRole('dialog', { name: 'Evidence' });
      const verdict = (word) => drawer.locator('.status').getByText(word, { exact: true }).first();
      await verdict('Fail').waitFor();
      await page.getByText('Live', { exact: true }).waitFor();
      await page.evaluate(() => {
        window.sameDocument = true;
      });
      const halting = cue('halt');
      const start = Date.now();
      await page.getByText('Reconnecting', { exact: true }).waitFor({ timeout: 20_000 });
      const told = Date.now() - start;
      await halting;
      assert.ok(told < 5_000, `${told} ms`);
      await cue('mend');
      await b.shots('walk-reconnecting');
      await cue('resume');
      await page.getByText('Live', { exact: true }).waitFor({ timeout: 60_000 });
      await verdict('Pass').waitFor({ timeout: 60_000 });
      assert.equal(await page.evaluate(() => window.sameDocument), true, 'without a reload');
    },
  );

  await b.test(
    'the instant at which it happened is told in UTC or in local time, everywhere on the page',
    async () => {
      await b.goto(`/hosts/${host.id}?tab=metrics`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      const zones = async () =>
        page.evaluate(() => ({
          utc: (document.querySelector('main').innerText.match(/\d{2}:\d{2}(:\d{2})? UTC/g) ?? []).length,
          local: (document.querySelector('main').innerText.match(/\d{2}:\d{2}(:\d{2})? \+0[12]:00/g) ?? [])
            .length,
        }));
      await b.goto(`/hosts/${host.id}?tab=activity`);
      await page.getByRole('tabpanel').getByRole('listitem').first().waitFor();
      const utc = await zones();
      assert.ok(utc.utc > 0 && utc.local === 0, JSON.stringify(utc));
      await page.getByRole('button', { name: /^Times are in UTC/ }).click();
      const local = await zones();
      assert.deepEqual(local, { utc: 0, local: utc.utc });
      await page.reload();
      await page.getByRole('tabpanel').getByRole('listitem').first().waitFor();
      assert.ok((await zones()).utc === 0, 'the choice stays');
      await page.getByRole('button', { name: /^Times are local/ }).click();
    },
  );
}
