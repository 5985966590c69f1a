// How people come to an account, in a real browser: a link with which they choose a password once, and the account
// for emergencies, which says what it is.
//   OPENWATCH_URL, OPENWATCH_USER, OPENWATCH_LINK          whose link it is
//   OPENWATCH_EMERGENCY, OPENWATCH_EMERGENCY_PASSWORD      the account for emergencies
import assert from 'node:assert/strict';
import { NARROW, openBrowser, WIDE } from './browser.mjs';

const { OPENWATCH_URL: url, OPENWATCH_USER: user, OPENWATCH_LINK: link } = process.env;
const { OPENWATCH_EMERGENCY: emergency, OPENWATCH_EMERGENCY_PASSWORD: sealed } = process.env;
const password = 'nine grey herons on a wall';

const b = await openBrowser({ url, user, password });
const { page } = b;
const choose = async (first, again) => {
  await page.getByLabel('Password', { exact: true }).fill(first);
  await page.getByLabel('The same again').fill(again);
  await page.getByRole('button', { name: 'Choose it' }).click();
};
const refused = (text) => page.getByRole('alert').getByText(text).waitFor();
const enter = async (name, secret) => {
  await b.goto('/sign-in');
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(secret);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: /^Account/ }).waitFor();
};

try {
  for (const scheme of ['light', 'dark']) {
    for (const [width, size] of Object.entries({ 1280: WIDE, 360: NARROW })) {
      await b.test(`a link leads to a page that is accessible and fits: ${scheme}, ${width} px`, async () => {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme: scheme });
        await b.goto(link);
        await page.getByRole('heading', { name: 'Choose a password' }).waitFor();
        await b.shot(`invitation-${scheme}-${width}`);
        await b.axe(`invitation, ${scheme}, ${width} px`);
      });
    }
  }

  await b.test('a password that everybody tries is refused, and one that is typed two ways', async () => {
    await page.setViewportSize(WIDE);
    await choose('passwordpassword', 'passwordpassword');
    await refused(/password/);
    await choose(password, 'nine grey herons on a wire');
    await refused('These are two different passwords.');
  });

  await b.test('the password that is chosen signs in, and the link is good for nothing then', async () => {
    await choose(password, password);
    await page.getByRole('heading', { name: 'Your password is chosen' }).waitFor();
    await page.getByRole('link', { name: 'Sign in with it' }).click();
    await page.getByRole('heading', { name: 'Sign in to OpenWatch' }).waitFor();
    await enter(user, password);
    assert.equal(await page.getByText('account for emergencies').count(), 0);
    await b.goto('/sign-in');
    await b.goto(link);
    await choose('another one of four words', 'another one of four words');
    await refused(/link is not good/);
  });

  await b.test('the account for emergencies says what it is on every page', async () => {
    await enter(emergency, sealed);
    await page.getByText('This is the account for emergencies.').waitFor();
    await b.shot('emergency');
    await b.axe('emergency');
  });

  await b.test('the pages broke no policy and threw no error', async () => {
    assert.deepEqual([...new Set(b.complaints)], []);
  });
} finally {
  await b.close();
}
console.log(`${b.passed} passed, ${b.failed} failed`);
process.exitCode = b.failed > 0 ? 1 : 0;
