// How long history is kept, and a host that is no more.
import assert from 'node:assert/strict';
import { NARROW, WIDE } from './browser.mjs';

export async function retentionTests(b) {
  const { page } = b;
  const kinds = page.getByRole('region', { name: 'The kinds of history' });
  const row = kinds.getByRole('row', { name: /^liveness/ });

  await b.test('a kind of history is kept for another time, after a look at what would go', async () => {
    await b.goto('/settings/retention');
    await row.getByText('13 months').waitFor();
    await page.getByRole('button', { name: 'Change how long liveness is kept' }).click();
    const field = page.getByLabel('In months');
    await field.fill('121');
    assert.equal(await page.getByRole('button', { name: 'Keep it so long' }).isDisabled(), true);
    await field.fill('12');
    await page.getByText('Nothing would go now.').waitFor();
    await page.getByRole('button', { name: 'Keep it so long' }).click();
    await row.getByText('12 months').waitFor();
    await row.getByText(new RegExp(`^${b.user}`)).waitFor();
    await b.shot('retention-light');
  });

  await b.test('it is kept as configured again', async () => {
    await page.getByRole('button', { name: 'Change how long liveness is kept' }).click();
    await page.getByRole('button', { name: 'As configured' }).click();
    await row.getByText('13 months').waitFor();
    await row.getByText('The configuration').waitFor();
  });

  const name = process.env.OPENWATCH_MEASURED_HOST;
  if (name) await hostTests(b, name);
  else console.log('note OPENWATCH_MEASURED_HOST is not set: no host was let go of');

  for (const scheme of ['light', 'dark']) {
    await b.test(`retention and archive are accessible and fit: ${scheme}`, async () => {
      for (const size of [NARROW, WIDE]) {
        await page.setViewportSize(size);
        await b.setTheme(scheme);
        for (const path of ['/settings/retention', '/settings/archive']) {
          await b.goto(path);
          await page.locator('main table, main .empty').first().waitFor();
          await b.axe(`${path}, ${scheme}, ${size.width} px`);
          await b.noSidewaysScroll(`${path}, ${size.width} px`);
          await b.shot(`${path.slice(10)}-${scheme}-${size.width}`);
        }
      }
    });
  }
  await page.setViewportSize(WIDE);
  await b.setTheme('light');
}

/** A machine that is gone: retired, put into the archive, and the file deleted. */
async function hostTests(b, name) {
  const { page } = b;

  await b.test('a host is retired with a reason, and is in no list but that of retired ones', async () => {
    await b.goto(`/hosts?q=${encodeURIComponent(name)}`);
    await page.getByRole('grid', { name: 'Hosts' }).getByRole('link', { name, exact: true }).click();
    await page.getByRole('heading', { name, level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Retire host' }).click();
    const dialog = page.getByRole('dialog', { name: `Retire ${name}?` });
    await dialog.getByLabel('Reason').fill('the rack is gone');
    await b.axe('the question before a host is retired');
    await dialog.getByRole('button', { name: 'Retire host' }).click();
    await page.getByText(`Retired by ${b.user}: the rack is gone.`).waitFor();
    await b.goto(`/hosts?q=${encodeURIComponent(name)}`);
    await page.getByRole('heading', { name: 'No host matches' }).waitFor();
    await b.goto('/hosts?state=retired');
    await page.getByRole('grid', { name: 'Hosts' }).getByRole('link', { name, exact: true }).click();
    await page.getByText(`Retired by ${b.user}: the rack is gone.`).waitFor();
  });

  await b.test('it goes into the archive when its name is typed, and its file can be had', async () => {
    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: `Put ${name} into the archive?` });
    await dialog.getByLabel(`Type ${name} to go on`).fill('another');
    await dialog.getByRole('button', { name: 'Archive', exact: true }).click();
    await dialog.getByRole('alert').waitFor();
    await dialog.getByLabel(`Type ${name} to go on`).fill(name);
    await dialog.getByRole('button', { name: 'Archive', exact: true }).click();
    await page.getByRole('heading', { name: 'Archive', level: 1 }).waitFor();
    const href = await page.getByRole('link', { name: `Download the file of ${name}` }).getAttribute('href');
    const [status, bytes] = await page.evaluate(async (path) => {
      const answer = await fetch(path);
      return [answer.status, (await answer.arrayBuffer()).byteLength];
    }, href);
    assert.equal(status, 200);
    assert.ok(bytes > 100, `${bytes} bytes`);
  });

  await b.test('its file is deleted after a question', async () => {
    await page.getByRole('button', { name: `Delete the file of ${name}` }).click();
    const dialog = page.getByRole('dialog', { name: `Delete the file of ${name}?` });
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { name: 'No host is in the archive' }).waitFor();
  });
}
