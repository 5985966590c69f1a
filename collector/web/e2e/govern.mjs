import assert from 'node:assert/strict';
import { NARROW, WIDE } from './browser.mjs';

/** Settings, groups, one's own account, the collector and the documents: as an administrator, on any collector. */
export async function governTests(b) {
  const made = await setUp(b);
  await peopleTests(b, made);
  await auditTests(b, made);
  await groupTests(b, made);
  await tellingTests(b, made);
  await ownTests(b, made);
  await lookTests(b, made);
  await forbiddenTests(b, made);
  await tearDown(b, made);
}

/** Asks the API as whoever is signed in, from within the page. */
const api = (page, method, path, body) =>
  page.evaluate(
    async ([method, path, body]) => {
      const answer = await fetch(`/api/v1${path}`, {
        method,
        headers: { 'X-OpenWatch-Request': '1', 'content-type': 'application/json' },
        body: body && JSON.stringify(body),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return text ? JSON.parse(text) : null;
    },
    [method, path, body],
  );

async function setUp({ page }) {
  const mark = `govern-${Date.now().toString(36)}`;
  const { items } = await api(
    page,
    'GET',
    `/hosts?limit=1&q=${encodeURIComponent(process.env.OPENWATCH_HOST ?? '')}`,
  );
  return { mark, host: items[0] };
}

async function tearDown(b, made) {
  const { page } = b;
  if (made.group) await api(page, 'DELETE', `/groups/${made.group}`);
  if (made.channel) await api(page, 'DELETE', `/channels/${made.channel}`);
}

/** A form's own button, a confirmation's own button: named exactly. */
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
const heading = (page, name) => page.getByRole('heading', { name, level: 1 }).waitFor();

async function peopleTests(b, made) {
  const { page } = b;
  const name = made.mark;

  await b.test('settings lead to the first page that one may see, and list the others', async () => {
    await b.goto('/settings');
    await page.waitForURL(/\/settings\/accounts$/);
    await heading(page, 'Accounts');
    await page
      .getByRole('navigation', { name: 'Pages of settings' })
      .getByRole('link', { name: 'Audit log' })
      .waitFor();
    await page
      .getByRole('row', { name: new RegExp(b.user) })
      .first()
      .waitFor();
  });

  await b.test('an account is made with an invitation that is shown once', async () => {
    await press(page, 'New account');
    await page.getByLabel(/^Name/).fill(name);
    await page.getByLabel(/^Person/).fill('<img src=x onerror=alert(1)>');
    await page.getByLabel(/^Role everywhere/).selectOption('viewer');
    await press(page, 'Make the account');
    const link = page.getByRole('textbox', { name: 'Link to choose a password' });
    await link.waitFor();
    assert.match(await link.textContent(), /\/invitation#\S+$/);
    await b.axe('an account that was made');
    await b.shot('govern-account-made');
    await press(page, 'Done');
    assert.equal(await link.count(), 0);
    const row = page.getByRole('row', { name: new RegExp(name) });
    await row.getByText('Invited').waitFor();
    await row.getByText('<img src=x onerror=alert(1)>').waitFor();
  });

  await b.test('a role is given and taken away after a question', async () => {
    await page.getByRole('link', { name, exact: true }).click();
    await heading(page, name);
    await page.getByRole('form', { name: 'Give a role' }).getByLabel('Role').selectOption('auditor');
    await press(page, 'Give a role');
    const row = page.getByRole('row', { name: /^auditor/ });
    await row.getByText('Everything').waitFor();
    await row.getByRole('button', { name: /^Take away role auditor/ }).click();
    await page.getByRole('dialog', { name: `Take role auditor away from ${name}?` }).waitFor();
    await press(page, 'Take away');
    await row.waitFor({ state: 'detached' });
  });

  await b.test('an account is locked, and says so', async () => {
    await press(page, 'Lock the account');
    const dialog = page.getByRole('dialog', { name: `Lock ${name}?` });
    await dialog.getByRole('button', { name: 'Lock the account' }).click();
    await page.locator('.head').getByText('Locked').waitFor();
  });

  await b.test('what somebody changed meanwhile is not overwritten', async () => {
    await page.getByLabel(/^Person’s name/).fill('Mine');
    await api(page, 'PUT', `/accounts/${name}`, { display_name: 'Theirs', disabled: false });
    await press(page, 'Save the name');
    await page.getByText('Somebody else changed this since you opened it.').waitFor();
    await press(page, 'Show how it is now');
    await page.locator('.head').getByText('Theirs').waitFor();
    assert.equal(await page.getByLabel(/^Person’s name/).inputValue(), 'Theirs');
  });

  await b.test('effective access says what an account may and through which binding', async () => {
    await page.getByRole('link', { name: 'What this account may do, and why' }).click();
    await heading(page, 'Effective access');
    const row = page.getByRole('row', { name: /hosts\.read/ });
    await row.getByText('Allowed').waitFor();
    await row.getByText(/viewer, everything/).waitFor();
    await page.getByRole('combobox', { name: 'Permissions' }).selectOption('Not allowed');
    await page.waitForURL(/answer=denied/);
    await row.waitFor({ state: 'detached' });
    await page
      .getByRole('row', { name: /accounts\.write/ })
      .getByText('Not allowed')
      .waitFor();
    await page.getByRole('textbox', { name: /^Host/ }).fill(made.host.hostname);
    await page.getByRole('button', { name: made.host.hostname, exact: true }).first().click();
    await page.getByRole('heading', { name: `What ${name} may do on ${made.host.hostname}` }).waitFor();
    await b.shot('govern-access');
  });

  await b.test('a role is made of what one may do oneself, changed and deleted', async () => {
    await b.goto('/settings/roles');
    await press(page, 'New role');
    await page.getByLabel(/^Name/).fill(name);
    assert.equal(await page.getByRole('button', { name: 'Make the role' }).isDisabled(), true);
    await page.getByLabel('hosts.read').check();
    await press(page, 'Make the role');
    await heading(page, name);
    await page.getByLabel('facts.read').check();
    await press(page, 'Save');
    await page.waitForFunction(
      (name) => fetch(`/api/v1/roles/${name}`).then(async (a) => (await a.json()).permissions.length === 2),
      name,
    );
    await press(page, 'Delete the role');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete the role' }).click();
    await page.waitForURL(/\/settings\/roles$/);
  });

  await b.test('an account is deleted after a question', async () => {
    await b.goto(`/settings/accounts/${name}`);
    await press(page, 'Delete the account');
    await page
      .getByRole('dialog', { name: `Delete ${name}?` })
      .getByRole('button', { name: 'Delete the account' })
      .click();
    await page.waitForURL(/\/settings\/accounts$/);
    await heading(page, 'Accounts');
    await b.goto(`/settings/accounts/${name}`);
    await page.getByRole('heading', { name: 'There is no such account' }).waitFor();
  });
}

async function auditTests(b, made) {
  const { page } = b;
  await b.test('the audit log tells what was done, by filters that are in the URL', async () => {
    await b.goto('/settings/audit');
    await page.getByRole('searchbox', { name: 'Search in records' }).fill(made.mark);
    await page.waitForURL(new RegExp(`q=${made.mark}`));
    await page.getByLabel('Action').fill('account.delete');
    await page.keyboard.press('Enter');
    await page.waitForURL(/action=account\.delete/);
    const link = page
      .getByRole('row', { name: new RegExp(`account\\.delete account ${made.mark}`) })
      .getByRole('link');
    await link.waitFor();
    assert.equal(await page.locator('tbody tr').count(), 1);
    await link.click();
    await page.getByRole('heading', { name: /^Record change/ }).waitFor();
    await page.getByText('Hash of the chain').waitFor();
    await b.axe('a record');
  });

  await b.test('filters that fit nothing say so, and are cleared together', async () => {
    await b.goto('/settings/audit?actor=nobody-has-this-name&outcome=nonsense');
    await page.getByRole('heading', { name: 'No record matches' }).waitFor();
    await page.getByRole('button', { name: 'Remove filter Actor' }).waitFor();
    await b.axe('no record matches');
    await page.getByRole('button', { name: 'Clear all filters' }).last().click();
    await page.locator('tbody tr').first().waitFor();
    assert.equal(new URL(page.url()).search, '');
  });

  await b.test('the whole log is verified, and the result is said in words', async () => {
    await press(page, 'Verify the log');
    await page.getByText(/^The log is whole: /).waitFor({ timeout: 60_000 });
    await page.getByText('Checkpoints vouch for').waitFor();
    await b.shot('govern-verified');
    await b.axe('a verified log');
  });

  await b.test('an answer that was cut off proves nothing, and a fault is named', async () => {
    const answer = (lines) => (route) =>
      route.fulfill({
        contentType: 'application/x-ndjson',
        body: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
      });
    const begun = { begun: { checkpoints: 1, key: 'k' } };
    await page.route('**/api/v1/audit/verify', answer([begun]));
    await press(page, 'Verify again');
    await page.getByText('It proves nothing.').waitFor();
    await page.unroute('**/api/v1/audit/verify');
    const fault = { stream: 'change', what: 'missing', first: 3, last: 5, detail: 'three records are gone' };
    await page.route(
      '**/api/v1/audit/verify',
      answer([begun, { fault }, { done: { records: 9, faults: 1, witnessed: {} } }]),
    );
    await press(page, 'Verify again');
    await page.getByText(/^The log is not what was written: 1 fault found/).waitFor();
    await page.getByRole('row', { name: /Missing Change 3 to 5 three records are gone/ }).waitFor();
    await page.unroute('**/api/v1/audit/verify');
  });

  await b.test('an export has the filters of the view', async () => {
    await b.goto('/settings/audit?action=session');
    const href = await page.getByRole('link', { name: 'Export CSV' }).getAttribute('href');
    assert.equal(href, '/api/v1/audit/export?format=csv&action=session');
  });
}

async function groupTests(b, made) {
  const { page } = b;
  await b.test('an expression is tried while it is typed, and what is wrong stands at its line', async () => {
    await b.goto('/groups');
    await press(page, 'New group');
    await page.getByLabel(/^Name/).fill(made.mark);
    // Above whatever groups an earlier run has left.
    await page.getByLabel(/^Precedence/).fill(String(Math.floor(Date.now() / 1000) % 1_000_000));
    const field = page.getByLabel(/^Expression/);
    await field.fill('hostname != ""\n&& nope(1)');
    await page
      .getByRole('alert')
      .getByText(/there is no function `nope`/)
      .waitFor();
    assert.match(await page.locator('.at-line pre').textContent(), /^2 && nope\(1\)\n/);
    await b.axe('a wrong expression');
    await field.fill(`hostname == ${JSON.stringify(made.host.hostname)}`);
    await page.getByText(/^True for [1-9]/).waitFor();
    await page
      .getByRole('list', { name: 'The first of them' })
      .getByText(made.host.hostname, { exact: true })
      .first()
      .waitFor();
    await b.shot('govern-group-preview');
    await press(page, 'Make the group');
    await heading(page, made.mark);
    made.group = new URL(page.url()).pathname.split('/').at(-1);
    await page
      .getByRole('row', { name: new RegExp(`${made.host.hostname} by the expression`) })
      .first()
      .waitFor();
  });

  await b.test('a host is named as a member by hand, and is no longer', async () => {
    await page.getByLabel(/^Name a host/).fill(made.host.hostname);
    await page.getByRole('button', { name: made.host.hostname, exact: true }).first().click();
    await press(page, 'Add to the group');
    const row = page.getByRole('row', { name: /by hand/ });
    await row.waitFor();
    await row.getByRole('button', { name: /^No longer by hand/ }).click();
    await row.waitFor({ state: 'detached' });
  });

  await b.test('settings of a group are set, and are in force on its host by its name', async () => {
    await page.getByRole('tab', { name: 'Settings' }).click();
    await page.waitForURL(/tab=settings/);
    await page.getByLabel(/^Full look every/).fill('7200');
    await press(page, 'Save');
    await page.getByText('Saved', { exact: true }).waitFor();
    await page.getByText(/^Changed/).waitFor();
    await b.goto(`/hosts/${made.host.id}?tab=settings`);
    const row = page.getByRole('row', { name: new RegExp(`Full look every 7,200 s Group ${made.mark}`) });
    await row.waitFor();
    await b.axe('settings of a host');
    await b.shot('govern-host-settings');
  });
}

async function tellingTests(b, made) {
  const { page } = b;
  await b.test('a channel is made, its secret never shown, and a test tells what came of it', async () => {
    await b.goto('/settings/channels');
    await press(page, 'New channel');
    await page.getByLabel(/^Name/).fill(made.mark);
    await page.getByLabel(/^Kind/).selectOption('Webhook');
    await page.getByLabel(/^Address/).fill('https://hooks.example.invalid/openwatch');
    await page.getByLabel(/^Signing secret/).fill(`whsec_${Buffer.alloc(32, 7).toString('base64')}`);
    await press(page, 'Make the channel');
    await heading(page, made.mark);
    made.channel = new URL(page.url()).pathname.split('/').at(-1);
    assert.equal(await page.getByLabel(/^Signing secret/).inputValue(), '');
    await press(page, 'Send a test');
    await page.getByText('The receiver did not take it').waitFor({ timeout: 40_000 });
    await b.shot('govern-channel-tested');
    await b.axe('a channel that was tested');
  });

  await b.test('a route leads to it at certain hours, is changed and deleted', async () => {
    await b.goto('/settings/routes');
    await press(page, 'New route');
    await page.getByLabel(/^Name/).fill(made.mark);
    await page.getByLabel(/^Channel/).selectOption(made.mark);
    await page.getByLabel('Only at certain hours').check();
    await page.getByLabel('Drift', { exact: true }).check();
    await b.axe('a new route');
    await press(page, 'Make the route');
    const row = page.getByRole('row', { name: new RegExp(made.mark) });
    await row.getByText('Mon, Tue, Wed, Thu, Fri 08:00 to 18:00, UTC').waitFor();
    await row.getByRole('button', { name: `Change route ${made.mark}` }).click();
    await page.getByLabel('Only at certain hours').uncheck();
    await press(page, 'Save');
    await row.getByText('Always').waitFor();
    await row.getByRole('button', { name: `Delete route ${made.mark}` }).click();
    await press(page, 'Delete the route');
    await row.waitFor({ state: 'detached' });
  });

  await b.test('an alert rule is made, refuses a wrong expression at its line, and is deleted', async () => {
    await b.goto('/settings/alert-rules');
    await press(page, 'New alert rule');
    await page.getByLabel(/^Name/).fill(made.mark);
    await page.getByLabel(/^Condition/).selectOption('An expression over hosts');
    await page.getByLabel(/^Expression/).fill('posture.score < 90.0 &&');
    await page
      .getByRole('form')
      .getByLabel(/^Severity/)
      .selectOption('Low');
    await press(page, 'Make the alert rule');
    await page
      .locator('.at-line')
      .getByText(/line 1/)
      .waitFor();
    await page.getByLabel(/^Expression/).fill('posture.score < 0.0');
    await press(page, 'Make the alert rule');
    await heading(page, made.mark);
    await b.shot('govern-alert-rule');
    await press(page, 'Delete the alert rule');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete the alert rule' }).click();
    await page.waitForURL(/\/settings\/alert-rules$/);
  });

  await b.test('a silence needs something that it is about, and is ended after a question', async () => {
    await b.goto('/settings/silences');
    await press(page, 'New silence');
    assert.equal(await page.getByRole('button', { name: 'Silence', exact: true }).isDisabled(), true);
    await page.getByLabel(/^Key/).fill(made.mark);
    await page.getByLabel(/^Reason/).fill(`Because of ${made.mark}`);
    await press(page, 'Silence');
    const row = page.getByRole('row', { name: new RegExp(`Because of ${made.mark}`) });
    await row.getByText('In force').waitFor();
    await row.getByRole('button', { name: /^End the silence/ }).click();
    await press(page, 'End the silence');
    await row.waitFor({ state: 'detached' });
  });

  await b.test('a weekly maintenance window is planned for a group and deleted', async () => {
    await b.goto('/settings/maintenance');
    await press(page, 'New window');
    await page.getByLabel(/^For what/).selectOption('A group');
    await page.getByLabel(/^Group/).selectOption(made.mark);
    await page.getByLabel(/^How often/).selectOption('Each week');
    await page.getByLabel(/^Reason/).fill(`Work ${made.mark}`);
    await b.axe('a new window');
    await press(page, 'Plan the window');
    const row = page.getByRole('row', { name: new RegExp(`Work ${made.mark}`) });
    await row.getByText('Each Sunday 02:00 UTC, 120 min').waitFor();
    await row.getByRole('button', { name: /^Delete window/ }).click();
    await press(page, 'Delete the window');
    await row.waitFor({ state: 'detached' });
  });
}

async function ownTests(b, made) {
  const { page } = b;
  await b.test('an API token is shown once, rotated and ended', async () => {
    await b.goto('/account/tokens');
    await press(page, 'New token');
    await page.getByLabel(/^Name/).fill(made.mark);
    await page.getByLabel('hosts.read').check();
    await press(page, 'Make the token');
    const line = page.getByRole('textbox', { name: 'API token' });
    await line.waitFor();
    const token = await line.textContent();
    assert.match(token, /^owt_\S+$/);
    await b.axe('a new token');
    const row = page
      .getByRole('row', { name: new RegExp(made.mark) })
      .and(page.getByRole('row', { name: /Active/ }));
    await row.getByRole('button', { name: `Rotate token ${made.mark}` }).click();
    await press(page, 'Rotate the token');
    await page.waitForFunction(
      (before) => ![null, before].includes(document.querySelector('.copyline code')?.textContent ?? null),
      token,
    );
    await press(page, 'Done');
    await row.getByRole('button', { name: `End token ${made.mark}` }).click();
    await press(page, 'End the token');
    await row.waitFor({ state: 'detached' });
    assert.equal(await page.getByText(token).count(), 0);
  });

  await b.test('single keys can be turned off, and go places when they are on', async () => {
    await b.goto('/account');
    await heading(page, 'Your account');
    const keys = page.getByLabel('Single keys go places and search');
    await keys.uncheck();
    await page.locator('h1').click();
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    await heading(page, 'Your account');
    await keys.check();
    await page.locator('h1').click();
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    await heading(page, 'Groups');
  });

  await b.test('a password that is typed two ways is not sent, and a wrong present one is told', async () => {
    await b.goto('/account');
    await page.getByLabel('Present password').fill('not my password at all');
    await page.getByLabel(/^Another password/).fill('nine grey herons on a wire');
    await page.getByLabel('The same again').fill('nine grey herons on a wall');
    await page.getByText('These are two different passwords').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Change the password' }).isDisabled(), true);
    await page.getByLabel('The same again').fill('nine grey herons on a wire');
    // A real guess would count against whoever runs this: five of them lock the name for a while.
    await page.route('**/api/v1/account/password', (route) => {
      assert.deepEqual(route.request().postDataJSON(), {
        present: 'not my password at all',
        password: 'nine grey herons on a wire',
      });
      return route.fulfill({
        status: 403,
        contentType: 'application/problem+json',
        body: JSON.stringify({ status: 403, code: 'wrong_password', title: 'Forbidden', detail: 'wrong' }),
      });
    });
    await press(page, 'Change the password');
    await page.getByRole('alert').getByText('The password is wrong.').waitFor();
    await page.unroute('**/api/v1/account/password');
  });

  await b.test('the documents are read and searched in the console', async () => {
    await b.goto('/help?page=access');
    await heading(page, 'Who may do what');
    await page.getByRole('article').getByRole('link', { name: 'groups.md' }).click();
    await heading(page, 'Groups of hosts');
    await page.getByRole('searchbox', { name: 'Search the documents' }).fill('checkpoints syslog');
    await page.waitForURL(/q=checkpoints/);
    await page
      .getByRole('region', { name: 'What was found' })
      .getByRole('link', { name: /The audit log/ })
      .first()
      .click();
    await heading(page, 'The audit log');
    await page.getByRole('searchbox', { name: 'Search the documents' }).fill('zzqqxx');
    await page.getByRole('heading', { name: 'No document has all of these words' }).waitFor();
  });
}

async function lookTests(b, made) {
  const { page } = b;
  const pages = [
    ['accounts', '/settings/accounts', 'tbody tr'],
    ['account', `/settings/accounts/${b.user}`, '.pairs'],
    ['roles', '/settings/roles', 'tbody tr'],
    ['role', '/settings/roles/operator', '.permission-families code'],
    ['access', `/settings/access?account=${b.user}&host=${made.host.id}`, 'tbody tr'],
    ['audit', '/settings/audit', 'tbody tr'],
    ['groups', '/groups', 'tbody tr'],
    ['group', `/groups/${made.group}`, 'tbody tr'],
    ['group-definition', `/groups/${made.group}?tab=definition`, '.names'],
    ['group-settings', `/groups/${made.group}?tab=settings`, 'form'],
    ['channels', '/settings/channels', 'tbody tr'],
    ['channel', `/settings/channels/${made.channel}`, 'form'],
    ['routes', '/settings/routes', 'table, .empty'],
    ['deliveries', '/settings/deliveries', 'table, .empty'],
    ['alert-rules', '/settings/alert-rules', 'tbody tr'],
    ['silences', '/settings/silences', 'table, .empty'],
    ['maintenance', '/settings/maintenance', 'table, .empty'],
    ['fleet', '/settings/fleet', 'form'],
    ['providers', '/settings/providers', 'table, .empty'],
    ['tokens', '/settings/tokens', 'table, .empty'],
    ['own-tokens', '/account/tokens', 'table, .empty'],
    ['own', '/account', '.keys'],
    ['system', '/system', '.copyline'],
    ['help', '/help?page=notifications', '.document table'],
    ['help-found', '/help?q=proof', '.places mark'],
  ];
  for (const scheme of ['light', 'dark']) {
    for (const [width, size] of Object.entries({ 1280: WIDE, 360: NARROW })) {
      await b.test(`each page of govern is accessible and fits: ${scheme}, ${width} px`, async () => {
        await page.setViewportSize(size);
        await b.setTheme(scheme);
        for (const [name, path, ready] of pages) {
          await b.goto(path);
          await page.locator(ready).first().waitFor();
          await page.getByRole('status').getByText('Live').waitFor();
          await b.shot(`govern-${name}-${scheme}-${width}`);
          await b.axe(`${name}, ${scheme}, ${width} px`);
          await b.noSidewaysScroll(`${name}, ${width} px`);
        }
      });
    }
  }
  await page.setViewportSize(WIDE);
  await b.setTheme('light');
}

async function forbiddenTests(b) {
  const { page } = b;
  await b.test('a list that one may not see says so, and one that fails can be tried again', async () => {
    const refuse = (status, code) => (route) =>
      route.fulfill({
        status,
        contentType: 'application/problem+json',
        body: JSON.stringify({ status, code, title: 'x', detail: 'no' }),
      });
    await page.route('**/api/v1/channels', refuse(403, 'forbidden'));
    await b.goto('/settings/channels');
    await page.getByRole('heading', { name: 'You may not see the channels' }).waitFor();
    await b.axe('no permission');
    await page.unroute('**/api/v1/channels');
    await page.route('**/api/v1/channels', refuse(500, 'internal'));
    await b.goto('/settings/channels');
    await page.getByRole('heading', { name: 'The channels did not load' }).waitFor();
    await page.unroute('**/api/v1/channels');
    await press(page, 'Try again');
    await page.locator('tbody tr').first().waitFor();
  });
}
