// Signing in by a button, at a real provider:
//   OPENWATCH_URL      where
//   OPENWATCH_PERSON   what is entered at the provider
import assert from 'node:assert/strict';
import { openBrowser } from './browser.mjs';

const { OPENWATCH_URL: url, OPENWATCH_PERSON: person } = process.env;
if (!url || !person) {
  console.error('OPENWATCH_URL and OPENWATCH_PERSON must be set');
  process.exit(2);
}

const b = await openBrowser({ url, user: '', password: '' });
const { page } = b;

const atProvider = async (name) => {
  await page.getByRole('link', { name: 'Corporate sign-in' }).click();
  await page.getByPlaceholder('Enter any login').fill(name);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
};

try {
  await b.test('a button leads to the provider, and back to the page that was asked for', async () => {
    await b.goto('/enrol');
    await page.getByRole('link', { name: 'Corporate sign-in' }).waitFor();
    await b.axe('sign-in, with a provider');
    await b.shot('sign-in-provider');
    await atProvider(person);
    await page.getByRole('heading', { name: 'Enrol hosts', level: 1 }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/enrol');
  });

  await b.test('the session lasts, and its cookie is for this site alone', async () => {
    const cookies = await b.context.cookies(url);
    const session = cookies.find((cookie) => cookie.name === 'openwatch_session');
    assert.equal(session?.httpOnly, true);
    assert.equal(session?.sameSite, 'Strict');
    await page.reload();
    await page.getByRole('heading', { name: 'Enrol hosts', level: 1 }).waitFor();
  });

  await b.test('who may do nothing here is told so', async () => {
    await b.context.clearCookies();
    await b.goto('/sign-in');
    await atProvider('bob+guests');
    await page.getByRole('alert').getByText('Nothing here is for the groups that you are in').waitFor();
    await b.axe('sign-in, refused');
    const cookies = await b.context.cookies(url);
    assert.ok(!cookies.some((cookie) => cookie.name === 'openwatch_session'));
  });

  await b.test('the page broke no policy and threw no error in the whole run', async () => {
    assert.deepEqual([...new Set(b.complaints)], []);
  });
} finally {
  await b.close();
}
console.log(`${b.passed} passed, ${b.failed} failed`);
process.exitCode = b.failed > 0 ? 1 : 0;
