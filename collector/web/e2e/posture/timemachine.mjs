import assert from 'node:assert/strict';
import { beforeAll } from '../ask.mjs';

export async function timeMachineTests(b, host) {
  const { page } = b;
  const strip = page.getByRole('region', { name: 'Time machine' });

  await b.test('the time machine is set with the keyboard alone, and says so across the page', async () => {
    await b.goto(`/hosts/${host.id}?tab=compliance`);
    await page.getByRole('region', { name: 'Results', exact: true }).waitFor();
    const opener = page.getByRole('button', { name: /^Now: choose/ });
    await opener.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: '1 hour ago' }).waitFor();
    await b.axe('the time machine, open');
    await b.shot('time-machine-light');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: '1 hour ago' }).waitFor({ state: 'detached' });
    assert.equal(await opener.evaluate((button) => button === document.activeElement), true);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: '1 day ago' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/at=\d{4}-\d\d-\d\dT/);
    await strip.getByText(/^As of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/).waitFor();
    assert.match(page.url(), /tab=compliance/);
  });

  await b.test('the instant goes along to other pages, until one goes back to now', async () => {
    const at = new URL(page.url()).searchParams.get('at');
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    assert.equal(new URL(page.url()).searchParams.get('at'), at);
    await page.getByText('How the fleet stood').waitFor();
    await page.getByRole('button', { name: 'Back to now' }).click();
    await strip.waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).searchParams.has('at'), false);
  });

  await b.test('the future is no instant to look at, and neither is nonsense', async () => {
    await page.getByRole('button', { name: /^Now: choose/ }).click();
    const field = page.getByRole('textbox', { name: 'Exactly at (UTC)' });
    await field.fill('2999-01-01');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('in the future').waitFor();
    assert.equal(new URL(page.url()).searchParams.has('at'), false);
    await page.keyboard.press('Escape');
    await b.goto('/?at=yesterday');
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    assert.equal(await strip.count(), 0);
  });

  await b.test('what was before anything was known is nothing, not a pass', async () => {
    await b.goto(`/hosts/${host.id}?tab=compliance&at=${beforeAll()}`);
    await page.getByRole('heading', { name: 'No results on record then' }).waitFor();
    await b.goto(`/?at=${beforeAll()}`);
    await page.getByRole('region', { name: 'Fleet score' }).getByText('No score').first().waitFor();
  });

  await b.test('of what is not kept any more nothing is told', async () => {
    await b.goto(`/hosts/${host.id}?tab=compliance&at=2001-01-01T00:00:00Z`);
    await page.getByRole('heading', { name: 'Nothing is kept of that time' }).first().waitFor();
    await page
      .getByText(/the past is kept from \d{4}-/)
      .first()
      .waitFor();
    await b.axe('results of a time that is gone');
  });
}
