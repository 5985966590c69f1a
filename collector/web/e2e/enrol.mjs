import assert from 'node:assert/strict';

export async function enrolTests(b) {
  const { page } = b;
  const name = `End-to-end ${Date.now()}`;

  await b.test('a token is created, shown once, and copied exactly', async () => {
    await b.goto('/enrol');
    await page.getByLabel(/^Name/).fill(name);
    await page.getByLabel(/^Group/).fill('web');
    await page.getByLabel(/^Hosts/).fill('3');
    await page.getByLabel(/^Lifetime/).selectOption('1 day');
    await b.shot('enrol-form-light');
    await page.getByRole('button', { name: 'Create token' }).click();
    const line = page.getByRole('textbox', { name: 'Enrolment command' });
    await line.waitFor();
    const command = await line.textContent();
    assert.match(command, /^openwatch-agent enroll --collector \S+ --token ow1_\S+$/);
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), command);
    await b.shot('enrol-created-light');
    await b.axe('created token');
    await page.getByRole('button', { name: 'Done' }).click();
    assert.equal(await page.getByText(command.split(' ').at(-1)).count(), 0, 'the token is not shown again');
  });

  await b.test('the token is listed, and can be revoked after a question that names it', async () => {
    const row = page.getByRole('row', { name: new RegExp(name) });
    await row.getByText('Active').waitFor();
    await row.getByText('0 of 3').waitFor();
    await row.getByRole('button', { name: `Revoke token ${name}` }).click();
    await page.getByRole('dialog', { name: `Revoke token “${name}”?` }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).and(page.locator(':focus')).waitFor();
    await b.axe('confirmation');
    await page.getByRole('button', { name: 'Revoke token', exact: true }).click();
    await row.getByText('Revoked').waitFor();
    await b.shot('enrol-list-light');
  });
}
