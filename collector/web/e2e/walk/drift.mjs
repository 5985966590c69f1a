import assert from 'node:assert/strict';
import { ask } from '../ask.mjs';
import { openBrowser } from '../browser.mjs';
import { cue } from '../cue.mjs';

const RULE = 'ssh-root-login-off';
const STORY = /^Got worse: .*root/;
const REASON = 'The vendor logs in as root for its yearly inspection, until the appliance is replaced.';

/** From a setting that somebody weakened, over its evidence, to an exception that another person approves. */
export async function acceptTests(b, host) {
  const { page } = b;
  const score = async () => (await ask(b, 'GET', `/hosts/${host.id}/posture`)).body.lenses[0];
  const before = await score();

  await b.test('a weakened sshd is on the first page while one looks', async () => {
    const drift = page.getByRole('region', { name: 'Unexplained drift' });
    await drift.waitFor();
    await page.evaluate(() => {
      window.sameDocument = true;
    });
    await cue('weaken');
    await drift.getByRole('link', { name: STORY }).waitFor();
    assert.equal(await page.evaluate(() => window.sameDocument), true, 'without a reload');
    await b.shots('walk-overview');
    await drift.getByRole('link', { name: STORY }).click();
    await page.getByRole('heading', { level: 1, name: STORY }).waitFor();
  });

  await b.test('the story says what was and what is, on both sides with line numbers, and when', async () => {
    const change = page.getByRole('article', { name: new RegExp(`^${host.hostname}`) });
    const signs = await change.locator('td.sign').allTextContents();
    assert.ok(signs.includes('−before') && signs.includes('+after'), signs.join());
    assert.match(await change.locator('header').textContent(), /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
    await page.getByRole('button', { name: 'Split' }).click();
    await page.getByRole('columnheader', { name: 'Before' }).first().waitFor();
    await b.shots('walk-story');
    await b.axe('a story of drift');
  });

  await b.test('its evidence is a click away: what was read, expected and seen', async () => {
    await page.getByRole('link', { name: 'Evidence' }).first().click();
    const drawer = page.getByRole('dialog', { name: 'Evidence' });
    await drawer.getByText('PermitRootLogin').first().waitFor();
    await drawer.getByText('Because', { exact: true }).waitFor();
    const { body } = await ask(b, 'GET', `/hosts/${host.id}/results/${RULE}`);
    assert.equal(body.result.status, 'fail');
    for (const { actual } of body.result.evidence.filter((one) => /yes/.test(one.actual)).slice(0, 1))
      await drawer.getByText(actual.slice(0, 60)).first().waitFor();
    await b.shots('walk-evidence');
    await b.axe('evidence');
  });

  let path = '';
  await b.test('an exception is asked for from there, and may not be decided by who asks', async () => {
    await page
      .getByRole('dialog', { name: 'Evidence' })
      .getByRole('link', { name: /exception/i })
      .click();
    await page.getByRole('combobox', { name: 'Rule' }).waitFor();
    assert.equal(await page.getByRole('combobox', { name: 'Rule' }).inputValue(), RULE);
    await page.getByLabel('Reason').fill(REASON);
    await page.getByLabel('Days').fill('30');
    await b.shots('walk-request');
    await page.getByRole('button', { name: 'Request exception' }).click();
    await page.waitForURL(/\/exceptions\/[0-9a-f-]{36}$/);
    path = new URL(page.url()).pathname;
    const approve = page.getByRole('button', { name: 'Approve', exact: true });
    assert.equal(await approve.getAttribute('aria-disabled'), 'true');
    const own = await ask(b, 'POST', `/waivers/${path.split('/').at(-1)}/approve`, { note: '' });
    assert.deepEqual([own.status, own.body.code], [403, 'own_waiver']);
  });

  await b.test('somebody else finds it in the queue and approves it', async () => {
    const { OPENWATCH_APPROVER: user, OPENWATCH_APPROVER_PASSWORD: password } = process.env;
    const other = await openBrowser({ url: b.url, user, password });
    try {
      await other.signIn('/exceptions');
      await other.page.getByRole('link', { name: RULE }).first().click();
      await other.page.getByText(REASON).waitFor();
      await other.shots('walk-approval');
      await other.page.getByRole('button', { name: 'Approve', exact: true }).click();
      const dialog = other.page.getByRole('dialog');
      await dialog.getByLabel('Note').fill('Until the appliance is replaced in spring.');
      await dialog.getByRole('button', { name: 'Approve', exact: true }).click();
      await other.page.getByText('Counts', { exact: true }).waitFor();
      assert.deepEqual(other.complaints, []);
    } finally {
      await other.close();
    }
  });

  await b.test(
    'who asked sees it without a reload; the verdict stays, and both scores are told',
    async () => {
      await page.locator('.status').getByText('Counts', { exact: true }).waitFor();
      await page.getByText('Until the appliance is replaced in spring.').waitFor();
      await b.shots('walk-exception');
      await b.goto(`/hosts/${host.id}?tab=compliance&result=${RULE}`);
      await page
        .getByRole('dialog', { name: 'Evidence' })
        .getByText(/exception/i)
        .first()
        .waitFor();
      const { body } = await ask(b, 'GET', `/hosts/${host.id}/results/${RULE}`);
      assert.equal(body.result.status, 'fail', 'what was found stays');
      const after = await score();
      assert.ok(after.score < before.score, `${after.score}, and before ${before.score}`);
      assert.ok(after.score_with_waivers > after.score, JSON.stringify(after));
      await b.shots('walk-waived');
    },
  );
}

/** What is over counts no more, and that is told. */
export async function expiryTests(b, host) {
  const { page } = b;
  const result = async () => (await ask(b, 'GET', `/hosts/${host.id}/results/${RULE}`)).body;

  await b.test('after its last day the exception counts no more, and everybody can read that', async () => {
    await cue('weaken');
    await b.goto(`/hosts/${host.id}?tab=compliance&result=${RULE}`);
    const drawer = page.getByRole('dialog', { name: 'Evidence' });
    await drawer.locator('.status').getByText('Fail', { exact: true }).first().waitFor();
    assert.ok((await result()).waived, 'it counts until then');
    await cue('month');
    await b.signIn(`/hosts/${host.id}?tab=compliance&result=${RULE}`);
    await drawer.locator('.status').getByText('Fail', { exact: true }).first().waitFor();
    const { waived, result: now } = await result();
    assert.deepEqual([waived ?? null, now.status], [null, 'fail']);
    await b.goto('/exceptions?queue=expired');
    await page.getByRole('link', { name: RULE }).first().waitFor();
    await b.shots('walk-expired');
    // What the clock turns is asked every ten seconds; the bell says when there is something.
    await b.goto('/activity?source=alert');
    const news = page.getByRole('button', { name: /^Show \d+ new$/ });
    const told = page
      .getByRole('list', { name: 'What happened' })
      .getByRole('listitem')
      .filter({ hasText: 'A waiver has ended: SSH refuses to log root in' })
      .first();
    for (let turn = 0; turn < 5 && (await told.count()) === 0; turn++) {
      await told.or(news).first().waitFor();
      if ((await told.count()) === 0) await news.click();
      await news.waitFor({ state: 'detached' });
    }
    await told.waitFor();
    await b.shots('walk-activity');
  });
}
