import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ask } from '../ask.mjs';

/** A host beside itself, a rollout on its way, and who still has an old package. */
export async function fleetTests(b, host) {
  const { page } = b;

  await b.test('a host is held against what it was a week ago', async () => {
    await b.goto(`/compare?host=${host.id}`);
    await page.getByRole('button', { name: 'A week ago' }).click();
    await page.waitForURL(/from=\d{4}-/);
    const list = page.getByRole('region', { name: 'Results that are another' });
    for (const rule of ['ssh-root-login-off', 'ssh-x11-forwarding-off'])
      await list.getByRole('row').filter({ hasText: rule }).first().waitFor();
    const from = new URL(page.url()).searchParams.get('from');
    assert.ok(Math.abs(Date.now() - 7 * 86_400_000 - Date.parse(from)) < 600_000, from);
    await b.shots('walk-compare');
    await b.axe('a host a week ago');
  });

  await b.test('the header’s time machine shows that week as it was', async () => {
    await b.goto(`/hosts/${host.id}?tab=compliance`);
    await page.getByRole('button', { name: /^Now: choose/ }).click();
    await page.getByRole('button', { name: '1 week ago' }).click();
    await page.waitForURL(/at=\d{4}-/);
    await page.getByRole('region', { name: 'Time machine' }).waitFor();
    const at = new URL(page.url()).searchParams.get('at');
    const { body } = await ask(b, 'GET', `/hosts/${host.id}/results/ssh-root-login-off?at=${at}`);
    assert.equal(body.result.status, 'pass', 'a week ago');
    await b.shots('walk-past');
    await page.getByRole('button', { name: 'Back to now' }).click();
    await page.getByRole('region', { name: 'Time machine' }).waitFor({ state: 'detached' });
  });

  await b.test('a rollout is paused, with a reason that others read', async () => {
    await b.goto('/rollouts');
    await page
      .getByRole('region', { name: 'List of rollouts' })
      .getByRole('link', { name: '1', exact: true })
      .click();
    await page.getByRole('heading', { level: 1, name: 'Rollout of bundle 1' }).waitFor();
    await page
      .getByRole('list', { name: 'Hosts of ring canary' })
      .getByText(/in force/)
      .waitFor();
    await b.shots('walk-rollout');
    await page.getByRole('button', { name: 'Pause' }).click();
    const dialog = page.getByRole('dialog', { name: 'Pause the rollout of bundle 1?' });
    await dialog.getByLabel(/^Why/).fill('The auditors are here');
    await dialog.getByRole('button', { name: 'Pause bundle 1' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    await page
      .getByRole('listitem')
      .filter({ hasText: 'Paused' })
      .getByText('The auditors are here')
      .waitFor();
    const { body } = await ask(b, 'GET', `/rollouts/${new URL(page.url()).pathname.split('/').at(-1)}`);
    assert.equal(body.state, 'paused');
    await b.shots('walk-paused');
  });

  await b.test('every host with an openssl below the mended one is found and exported', async () => {
    const fixed = process.env.OPENWATCH_FIXED_VERSION;
    await page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name: 'Packages and facts' })
      .click();
    await page.getByRole('searchbox', { name: 'Search keys' }).fill('openssl:amd64');
    await page.waitForURL(/key=openssl/);
    await page.getByRole('status').getByText('3 hosts found').waitFor();
    await page.getByLabel('Version below').fill(fixed);
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('2 hosts found').waitFor();
    await page.getByRole('button', { name: `Remove filter Version below: ${fixed}` }).waitFor();
    const names = await page
      .getByRole('region', { name: 'Table: Hosts that have it' })
      .locator('a.name')
      .allTextContents();
    assert.deepEqual(names, ['db-1', 'web-1']);
    await b.shots('walk-packages');
    await b.axe('packages below a version');
    const address = page.url();
    await page.getByRole('button', { name: 'Export' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'CSV' }).click(),
    ]);
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split(/\r?\n/);
    const [head, ...rows] = lines.filter((line) => !line.startsWith('#'));
    assert.ok(
      lines.some((line) => line.startsWith('#') && line.includes(fixed)),
      'the filter is printed in',
    );
    assert.match(head, /hostname/);
    assert.deepEqual(
      [rows.length, rows.every((row) => row.includes('3.0.9-1'))],
      [2, true],
      lines.join('\n'),
    );
    // The address alone shows the same.
    await page.goto(address);
    await page.getByRole('status').getByText('2 hosts found').waitFor();
  });
}
