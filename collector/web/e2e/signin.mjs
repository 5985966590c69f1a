import assert from 'node:assert/strict';

export async function signInTests(b) {
  const { page } = b;

  await b.test('a deep link without a session leads to the sign-in page', async () => {
    await b.goto('/enrol');
    await page.getByRole('heading', { name: 'Sign in to OpenWatch' }).waitFor();
    await b.shot('sign-in-light');
    await b.axe('sign-in');
  });

  await b.test('a wrong password is refused with a reason', async () => {
    await page.getByLabel('Name').fill(b.user);
    await page.getByLabel('Password').fill(`${b.password}, but wrong`);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').getByText('Name or password is wrong').waitFor();
    await b.axe('sign-in, refused');
  });

  await b.test('the right password leads back to the page that was asked for', async () => {
    await page.getByLabel('Password').fill(b.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Enrol hosts', level: 1 }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/enrol');
  });

  await b.test('no script can read the session cookie', async () => {
    const cookie = (await b.context.cookies()).find((each) => each.name === 'openwatch_session');
    assert.equal(cookie?.httpOnly, true);
    assert.equal(cookie?.sameSite, 'Strict');
    assert.equal(await page.evaluate(() => document.cookie), '');
  });

  await b.test('signing out ends the session', async () => {
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: /^Sign out/ }).click();
    await page.getByRole('heading', { name: 'Sign in to OpenWatch' }).waitFor();
    await b.goto('/hosts');
    await page.getByRole('heading', { name: 'Sign in to OpenWatch' }).waitFor();
    await b.signIn('/hosts');
    assert.equal(new URL(page.url()).pathname, '/hosts');
  });
}
