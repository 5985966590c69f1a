import assert from 'node:assert/strict';
import { ask } from './ask.mjs';
import { openBrowser } from './browser.mjs';

const OTHER = { name: 'decide-approver', password: 'nine grey herons on a wall', role: 'security_admin' };
const REASON = 'decide: the vendor ships its fix with the next release of the appliance.';

/** Asks for one, looks at it as who asked and as somebody else, and lets it end. */
export async function exceptionTests(b, host) {
  const { page } = b;
  // What an earlier run left open would be in the way: one is open for the same host and rule.
  const { body: rules } = await ask(b, 'GET', '/rules?limit=1');
  const rule = rules.items[0].id;
  for (const state of ['requested', 'approved']) {
    const { body } = await ask(b, 'GET', `/waivers?rule=${rule}&state=${state}`);
    for (const open of body.items.filter(({ scope_id }) => scope_id === host.id)) {
      const verb = state === 'approved' ? 'revoke' : 'withdraw';
      await ask(b, 'POST', `/waivers/${open.id}/${verb}`, { note: 'decide: of an earlier run' });
    }
  }
  await ask(b, 'POST', '/accounts', { ...OTHER, reset: false });
  let path = '/';

  await b.test('a link fills the request in, and what is wrong is said beside its field', async () => {
    await b.goto(`/exceptions/new?host=${host.id}&rule=${rule}`);
    const field = page.getByRole('combobox', { name: 'Host' });
    await page.waitForFunction(
      ([name]) => document.querySelector('input[role=combobox]')?.value === name,
      [host.hostname],
    );
    assert.equal(await page.getByRole('combobox', { name: 'Rule' }).inputValue(), rule);
    await page.getByLabel('Reason').fill('too short');
    await page.getByLabel('Days').fill('400');
    await page.getByRole('button', { name: 'Request exception' }).click();
    await page.getByText('Write 20 to 2,000 characters.').waitFor();
    await page.getByText('Write a whole number from 1 to 365.').waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA');
    await b.axe('a request with mistakes');
    await b.shot('decide-request-wrong');
    assert.equal(await field.getAttribute('aria-invalid'), null, 'what is right is not marked');
  });

  await b.test('a host is found by the keyboard', async () => {
    const field = page.getByRole('combobox', { name: 'Host' });
    await field.focus();
    await page.keyboard.type(host.hostname);
    await page.getByRole('option', { name: host.hostname }).first().waitFor();
    await b.axe('a list of hosts to choose from');
    await page.keyboard.press('Enter');
    assert.equal(await field.inputValue(), host.hostname);
    assert.equal(await field.getAttribute('aria-expanded'), 'false');
  });

  await b.test('who asks for an exception may not decide on it, and is told so', async () => {
    await page.getByLabel('Reason').fill(REASON);
    await page.getByLabel('Days').fill('30');
    await page.getByLabel('Evidence reference').fill('https://tickets.example/OPS-1');
    await page.getByRole('button', { name: 'Request exception' }).click();
    await page.waitForURL(/\/exceptions\/[0-9a-f-]{36}$/);
    path = new URL(page.url()).pathname;
    const approve = page.getByRole('button', { name: 'Approve', exact: true });
    await approve.waitFor();
    assert.equal(await approve.getAttribute('aria-disabled'), 'true');
    assert.match(await approve.getAttribute('aria-description'), /yourself/);
    await approve.focus();
    await page.keyboard.press('Enter');
    assert.equal(await page.getByRole('dialog').count(), 0, 'nothing is asked');
    await page.getByText('You asked for this yourself').waitFor();
    await page.getByRole('link', { name: 'https://tickets.example/OPS-1' }).waitFor();
    await b.shot('decide-exception-own');
  });

  await b.test('what is said of it is in what happened', async () => {
    await page.getByLabel('Say something of it').fill('decide: the vendor confirmed it.');
    await page.getByRole('button', { name: 'Comment', exact: true }).click();
    await page.locator('.story').getByText('the vendor confirmed it').waitFor();
    await page.waitForFunction(() => document.querySelector('.comment textarea')?.value === '');
  });

  await b.test('somebody else approves it, and who asked sees it without a reload', async () => {
    const other = await openBrowser({ url: b.url, user: OTHER.name, password: OTHER.password });
    try {
      await other.signIn(path);
      await other.page.getByRole('button', { name: 'Approve', exact: true }).click();
      await other.page.getByRole('dialog').getByLabel('Note').fill('decide: for this quarter');
      await other.axe('a question before approving');
      await other.page.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).click();
      await other.page.getByText('Counts', { exact: true }).waitFor();
    } finally {
      await other.close();
    }
    await page.locator('.status').getByText('Counts', { exact: true }).waitFor();
    await page.getByText('decide: for this quarter').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Approve', exact: true }).count(), 0);
    await b.shot('decide-exception-counts');
  });

  await b.test('queues are tabs in the URL, and arrow keys move between them', async () => {
    await b.goto('/exceptions?queue=counting');
    await page.getByRole('tab', { name: 'Counting' }).and(page.locator('[aria-selected=true]')).waitFor();
    await page.getByRole('link', { name: rule }).first().waitFor();
    await page.getByRole('tab', { name: 'Counting' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.waitForURL(/queue=expiring/);
    await page.getByRole('link', { name: rule }).first().waitFor();
    await b.goto(`/exceptions?queue=expired&rule=${rule}&host=${host.id}`);
    await page.getByRole('button', { name: `Remove filter Rule: ${rule}` }).waitFor();
    await page.getByRole('button', { name: 'Clear all', exact: true }).click();
    await page.waitForURL((url) => !url.searchParams.has('rule') && url.searchParams.has('queue'));
  });

  await b.test(
    'an exception that counts is renewed by another request, and revoked with a word',
    async () => {
      await b.goto(path);
      await page.getByRole('button', { name: 'Renew' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Days').fill('0');
      await dialog.getByRole('button', { name: 'Ask for renewal' }).click();
      await dialog.getByText('Write a whole number').waitFor();
      await dialog.getByLabel('Days').fill('60');
      await dialog.getByRole('button', { name: 'Ask for renewal' }).click();
      await page.waitForURL((url) => url.pathname !== path && url.pathname.startsWith('/exceptions/'));
      await page.getByRole('link', { name: 'the exception before it' }).waitFor();
      await page.getByRole('button', { name: 'Withdraw' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click();
      await page.locator('.status').getByText('Withdrawn').waitFor();
      await b.goto(path);
      await page.getByRole('button', { name: 'Revoke' }).click();
      await page.getByRole('dialog').getByLabel('Note').fill('decide: not needed');
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
      await page.locator('.status').getByText('Revoked').waitFor();
    },
  );

  await b.test(
    'an exception that is none, and an address with nonsense, say so or show the default',
    async () => {
      await b.goto('/exceptions/00000000-0000-0000-0000-000000000000');
      await page.getByRole('heading', { name: 'No such exception', exact: true }).waitFor();
      await b.goto('/exceptions?queue=nonsense&host=x');
      await page.getByRole('tab', { name: 'Asked for' }).and(page.locator('[aria-selected=true]')).waitFor();
    },
  );
}
