// From the first sign-in to the first host: a password of one's own, a second step, one line that is pasted.
//   OPENWATCH_URL, OPENWATCH_USER, OPENWATCH_PASSWORD   where, and as whom: somebody who was given a password
//   OPENWATCH_SHOTS   a directory for pictures
// The line `cue: paste COMMAND` asks whoever runs this to run the command on a host.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { openBrowser } from './browser.mjs';
import { cue, noMoreCues } from './cue.mjs';

const { OPENWATCH_URL: url, OPENWATCH_USER: user, OPENWATCH_PASSWORD: given } = process.env;
const OWN = 'six violet lamps over the canal';
const b = await openBrowser({ url, user, password: given });
const { page } = b;
const heading = (name) => page.getByRole('heading', { name, level: 1 });

try {
  await b.test('a password that was given leads to nothing but to choosing one', async () => {
    await b.signIn('/hosts');
    await heading('Your account').waitFor();
    await page.getByText('Choose one of your own; until then').waitFor();
    assert.equal(new URL(page.url()).pathname, '/account');
    await b.goto('/system');
    await heading('Your account').waitFor();
    await b.axe('a password of one’s own');
    await b.shots('newcomer-password');
  });

  await b.test('the password that was given is not taken again, another is', async () => {
    const choose = async (password) => {
      await page.getByLabel('Present password').fill(given);
      await page.getByLabel('Another password').fill(password);
      await page.getByLabel('The same again').fill(password);
      await page.getByRole('button', { name: 'Change the password' }).click();
    };
    await choose('passwordpassword');
    await page
      .getByRole('alert')
      .filter({ hasText: /password/ })
      .first()
      .waitFor();
    await choose(OWN);
    await heading('Security').waitFor();
  });

  await b.test('then a second step is set up, before anything else', async () => {
    await page.getByText('This collector asks for a second step').waitFor();
    await b.goto('/hosts');
    await heading('Security').waitFor();
    await page.getByRole('button', { name: 'Set up an app' }).click();
    const secret = await page.getByRole('textbox', { name: 'Secret' }).textContent();
    const code = execFileSync('oathtool', ['--totp', '--base32', secret]).toString().trim();
    await b.shots('newcomer-app');
    await page.getByLabel('Code that the app shows now').fill(code);
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('heading', { name: 'Your backup codes' }).waitFor();
    await b.shots('newcomer-codes');
    await page.getByRole('button', { name: 'I have kept them' }).click();
  });

  let line = '';
  let hostname = '';
  await b.test('an empty fleet offers one line, and Copy takes just that', async () => {
    await page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name: /^Hosts/ })
      .click();
    await page.getByRole('heading', { name: 'Enrol your first host' }).waitFor();
    await page.getByRole('button', { name: 'Create the line' }).click();
    const command = page.getByRole('textbox', { name: 'Enrolment command' });
    await command.waitFor();
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    line = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(line, await command.textContent());
    await b.axe('first run');
    await b.shots('newcomer-line');
  });

  await b.test('the host is there while one looks', async () => {
    await page.evaluate(() => {
      window.sameDocument = true;
    });
    await cue(`paste ${line}`);
    const first = page.getByRole('grid', { name: 'Hosts' }).locator('a.name').first();
    await first.waitFor();
    hostname = await first.textContent();
    assert.equal(hostname, execFileSync('hostname').toString().trim());
    await page.getByRole('grid', { name: 'Hosts' }).getByText('Online').first().waitFor();
    assert.equal(await page.evaluate(() => window.sameDocument), true, 'without a reload');
    await b.shots('newcomer-hosts');
    await first.click();
    await heading(hostname).waitFor();
    await page.getByRole('table').getByText('Packages').waitFor();
    await b.shots('newcomer-host');
  });

  await b.test('the password that was given is good for nothing any more', async () => {
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: /^Sign out/ }).click();
    await page.getByLabel('Name').fill(user);
    await page.getByLabel('Password').fill(given);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').getByText('Name or password is wrong').waitFor();
    await page.getByLabel('Password').fill(OWN);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await heading('Confirm that it is you').waitFor();
  });

  await b.test('the pages broke no policy and threw no error in the whole run', async () => {
    assert.deepEqual([...new Set(b.complaints)], []);
  });
} finally {
  await b.close();
  noMoreCues();
}
console.log(`${b.passed} passed, ${b.failed} failed`);
process.exitCode = b.failed > 0 ? 1 : 0;
