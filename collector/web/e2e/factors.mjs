// What people show beside their password, in a real browser: an authenticator app (oathtool), and the browser's own
// virtual authenticators for passkeys and security keys. Signs in as an account that has nothing but its password.
//   OPENWATCH_URL, OPENWATCH_USER, OPENWATCH_PASSWORD, OPENWATCH_SHOTS   as for run.mjs
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { NARROW, openBrowser, WIDE } from './browser.mjs';

const { OPENWATCH_URL: url, OPENWATCH_USER: user, OPENWATCH_PASSWORD: password } = process.env;
if (!url || !user || !password) {
  console.error('OPENWATCH_URL, OPENWATCH_USER and OPENWATCH_PASSWORD must be set');
  process.exit(2);
}

const b = await openBrowser({ url, user, password });
const { page } = b;

/** The code that an app shows so many seconds from now. */
const code = (secret, offset = 0) =>
  execFileSync('oathtool', [
    '--totp',
    '--base32',
    '--now',
    `@${Math.floor(Date.now() / 1000) + offset}`,
    secret,
  ])
    .toString()
    .trim();

const security = async () => {
  await b.goto('/account/security');
  await page.getByRole('heading', { name: 'Security', level: 1 }).waitFor();
};
const signOut = async () => {
  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('menuitem', { name: /^Sign out/ }).click();
  await page.getByRole('heading', { name: 'Sign in to OpenWatch' }).waitFor();
};
const showPassword = async () => {
  await page.getByLabel('Name').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor();
};
const showCode = async (text) => {
  await page.getByLabel('Code').fill(text);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
};
const entered = () => page.getByRole('button', { name: /^Account/ }).waitFor();
const refused = (text) => page.getByRole('alert').getByText(text).waitFor();

const cdp = await b.context.newCDPSession(page);
const virtual = (options) => cdp.send('WebAuthn.addVirtualAuthenticator', { options });

let secret = '';
let codes = [];
try {
  await b.signIn('/hosts');

  await b.test('the account menu leads to what one signs in with', async () => {
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Security' }).click();
    await page.getByRole('heading', { name: 'Security', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Set up an app' }).waitFor();
    await b.shot('security-empty-light');
    await b.axe('security, nothing set up');
  });

  await b.test('who has signed in stays so, whatever comes late of the time before', async () => {
    // What is asked while somebody signs out is answered as the collector answers it then, but late: in the time of
    // the next session.
    const held = [];
    const hold = async (route) => {
      if (route.request().method() === 'GET') held.push(route);
      else await route.continue();
    };
    await page.route('**/api/v1/**', hold);
    await signOut();
    await page.getByLabel('Name').fill(user);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await entered();
    await page.unroute('**/api/v1/**', hold);
    assert.ok(held.length > 0, 'the console asks nothing while somebody signs out');
    const refusal = {
      status: 401,
      contentType: 'application/problem+json',
      body: JSON.stringify({ status: 401, code: 'unauthenticated', title: 'Unauthorized' }),
    };
    for (const route of held) await route.fulfill(refusal).catch(() => undefined);
    await page.getByRole('link', { name: 'Hosts' }).first().click();
    await page.getByRole('heading', { name: 'Hosts', level: 1 }).waitFor();
    await entered();
    await security();
  });

  await b.test(
    'an authenticator app is set up with a code of it, and backup codes are shown once',
    async () => {
      await page.getByRole('button', { name: 'Set up an app' }).click();
      await page.getByRole('img', { name: 'The secret as a QR code' }).waitFor();
      secret = await page.getByRole('textbox', { name: 'Secret' }).textContent();
      assert.match(secret, /^[A-Z2-7]{32}$/);
      await b.shot('security-enrol-light');
      await b.axe('enrolment of an app');
      await page.getByLabel('Code that the app shows now').fill(code(secret, 3600));
      await page.getByRole('button', { name: 'Confirm' }).click();
      await refused(/not the code/);
      await page.getByLabel('Code that the app shows now').fill(code(secret));
      await page.getByRole('button', { name: 'Confirm' }).click();
      await page.getByRole('heading', { name: 'Your backup codes' }).waitFor();
      codes = await page.getByRole('list', { name: 'Backup codes' }).getByRole('listitem').allTextContents();
      assert.equal(new Set(codes).size, 10);
      await b.shot('security-codes-light');
      await b.axe('backup codes');
      await page.getByRole('button', { name: 'I have kept them' }).click();
      await page.getByText('10 codes left').waitFor();
      await page.reload();
      await page.getByText('10 codes left').waitFor();
      assert.equal(await page.getByText(codes[0]).count(), 0);
    },
  );

  await b.test('from then on the password is not enough, and each code is good once', async () => {
    await signOut();
    await showPassword();
    await b.shot('sign-in-second-light');
    await b.axe('sign-in, second step');
    await showCode(code(secret, 3600));
    await refused('The code is wrong');
    // A code of the next step, which a telephone whose clock is ahead shows.
    const next = code(secret, 30);
    await showCode(next);
    await entered();
    await signOut();
    await showPassword();
    await showCode(next);
    await refused('The code is wrong');
    await showCode(codes[0]);
    await entered();
    await signOut();
    await showPassword();
    await showCode(codes[0]);
    await refused('The code is wrong');
    await showCode(codes[1].toUpperCase().replaceAll('-', ' '));
    await entered();
  });

  await cdp.send('WebAuthn.enable');
  const internal = await virtual({
    protocol: 'ctap2',
    transport: 'internal',
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  });

  await b.test('a passkey is added and signs in without a name or a password', async () => {
    await security();
    await page.getByLabel(/^Name/).fill('Notebook');
    await page.getByRole('button', { name: 'Add passkey' }).click();
    await page
      .getByRole('row', { name: /Notebook/ })
      .getByText('Never')
      .waitFor();
    await signOut();
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().endsWith('/session/passkey/finish')),
      page.getByRole('button', { name: 'Sign in with a passkey' }).click(),
    ]);
    assert.equal(answer.status(), 200, await answer.text().catch(String));
    await entered();
    const session = await page.evaluate(() => fetch('/api/v1/session').then((it) => it.json()));
    assert.equal(session.how, 'passkey');
    // What was sent is good once.
    const replayed = await page.evaluate(
      (body) =>
        fetch('/api/v1/session/passkey/finish', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-openwatch-request': '1' },
          body,
        }).then(async (it) => [it.status, (await it.json()).code]),
      answer.request().postData(),
    );
    assert.deepEqual(replayed, [401, 'bad_passkey']);
  });

  await b.test('a passkey whose owner is not verified signs nobody in', async () => {
    await signOut();
    await cdp.send('WebAuthn.setUserVerified', { ...internal, isUserVerified: false });
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await refused(/No passkey was shown/);
    await b.axe('sign-in, no passkey');
    await cdp.send('WebAuthn.setUserVerified', { ...internal, isUserVerified: true });
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await entered();
  });

  await b.test('a passkey is not shown at another address of the collector', async () => {
    const elsewhere = await b.context.newPage();
    const other = await b.context.newCDPSession(elsewhere);
    await other.send('WebAuthn.enable');
    await elsewhere.goto(`${url.replace('localhost', '[::1]')}/sign-in`);
    await elsewhere.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await elsewhere
      .getByRole('alert')
      .getByText(/another address/)
      .waitFor();
    await elsewhere.close();
  });

  await b.test('a security key stands beside the password', async () => {
    await security();
    await cdp.send('WebAuthn.removeVirtualAuthenticator', internal);
    await virtual({
      protocol: 'ctap2',
      transport: 'usb',
      hasResidentKey: false,
      hasUserVerification: false,
      automaticPresenceSimulation: true,
    });
    await page.getByLabel(/^Name/).fill('Key ring');
    await page.getByLabel(/^Kind/).selectOption('Security key');
    await page.getByRole('button', { name: 'Add security key' }).click();
    await page
      .getByRole('row', { name: /Key ring/ })
      .getByText('Security key')
      .waitFor();
    await signOut();
    await showPassword();
    await page.getByRole('button', { name: 'Use a passkey or security key' }).click();
    await entered();
    const session = await page.evaluate(() => fetch('/api/v1/session').then((it) => it.json()));
    assert.equal(session.how, 'password+passkey');
  });

  await b.test('a change is done after a proof, when one is asked for', async () => {
    await security();
    // As if the last proof were 15 minutes old: the first answer is the refusal, the others are the collector's.
    let first = true;
    await page.route('**/api/v1/account/backup-codes', (route) => {
      if (!first) return route.continue();
      first = false;
      return route.fulfill({
        status: 403,
        contentType: 'application/problem+json',
        body: JSON.stringify({ status: 403, code: 'proof_needed', title: 'Forbidden', detail: '' }),
      });
    });
    await page.getByRole('button', { name: 'Make new codes' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Make new codes' }).click();
    const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' });
    await dialog.getByRole('button', { name: 'Use a passkey or security key' }).waitFor();
    await b.shot('prove-light');
    await dialog.getByRole('button', { name: 'Use a passkey or security key' }).click();
    await page.getByRole('heading', { name: 'Your backup codes' }).waitFor();
    await page.unroute('**/api/v1/account/backup-codes');
    await page.getByRole('button', { name: 'I have kept them' }).click();
  });

  for (const scheme of ['light', 'dark']) {
    for (const [width, size] of Object.entries({ 1280: WIDE, 360: NARROW })) {
      await b.test(`the security page is accessible and fits: ${scheme}, ${width} px`, async () => {
        await page.setViewportSize(size);
        await b.setTheme(scheme);
        await security();
        await page.getByRole('row', { name: /Key ring/ }).waitFor();
        await b.shot(`security-${scheme}-${width}`);
        await b.axe(`security, ${scheme}, ${width} px`);
        await b.noSidewaysScroll(`security, ${width} px`);
      });
    }
  }

  await b.test('what is set up is removed after a question that names it', async () => {
    await page.setViewportSize(WIDE);
    await security();
    for (const name of ['Notebook', 'Key ring']) {
      await page.getByRole('button', { name: `Remove ${name}` }).click();
      const dialog = page.getByRole('dialog', { name: `Remove “${name}”?` });
      await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
      await page.getByRole('row', { name }).waitFor({ state: 'detached' });
    }
    await page.getByRole('button', { name: 'Remove app' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove app' }).click();
    await page.getByRole('button', { name: 'Set up an app' }).waitFor();
    await signOut();
    await b.signIn('/hosts');
    await b.shot('sign-in-dark');
  });

  await b.test('the page broke no policy and threw no error in the whole run', async () => {
    assert.deepEqual([...new Set(b.complaints)], []);
  });
} finally {
  await b.close();
}
console.log(`${b.passed} passed, ${b.failed} failed`);
process.exitCode = b.failed > 0 ? 1 : 0;
