import assert from 'node:assert/strict';
import { ask } from '../ask.mjs';

/** Ten alerts are gone through without a mouse. */
export async function triageTests(b) {
  const { page } = b;
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const state = async (id) => (await ask(b, 'GET', `/alerts/${id}`)).body.state;

  await b.test('ten alerts are gone through by the keyboard alone', async () => {
    await b.goto('/');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await press('g', 'a');
    await page.waitForURL(/\/alerts/);
    await page.getByRole('heading', { name: 'Alerts', level: 1 }).waitFor();
    const rows = page.locator('tr[data-row]');
    await rows.nth(9).waitFor();
    // What fails stays; what hosts do meanwhile, and what has just been accepted, ends by itself.
    const failing = rows.filter({ hasText: /Fails: (?!SSH)/ });
    const ids = await failing.evaluateAll((all) => all.slice(0, 10).map((row) => row.dataset.row));
    for (const id of ids) assert.equal(await state(id), 'active');
    await b.shots('walk-alerts');

    await press('j', 'Enter');
    await page.waitForURL(/\/alerts\/./);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.goBack();
    await rows.nth(9).waitFor();

    // Down to each of them, wherever the list has it now.
    const choose = async (wanted) => {
      for (let step = 0; step < 60 && (await bar(wanted.length).count()) === 0; step++) {
        await press('j');
        const current = await page.evaluate(() => document.activeElement?.closest('tr')?.dataset.row);
        if (wanted.includes(current)) await press('x');
      }
      await bar(wanted.length).waitFor();
    };
    const bar = (count) => page.getByRole('status').getByText(`${count} selected`);

    // Somebody looks after four of them.
    await choose(ids.slice(0, 4));
    await press('a');
    await page.getByRole('status').getByText('4 alerts acknowledged').waitFor();
    await b.shots('walk-acknowledged');

    // Three sleep for an hour.
    await page.reload();
    await rows.nth(9).waitFor();
    await choose(ids.slice(4, 7));
    await press('s');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Snooze 3 alerts' }).waitFor();
    await b.shots('walk-snooze');
    await focusByTab(page, 'Snooze 3 alerts');
    await press('Enter');
    await page.getByRole('status').getByText('3 alerts snoozed').waitFor();

    // And three are nothing that anybody wants to hear of.
    await page.reload();
    await rows.nth(9).waitFor();
    await choose(ids.slice(7, 10));
    await press('d');
    await focusByTab(page, 'Dismiss 3 alerts');
    await press('Enter');
    await page.getByRole('status').getByText('3 alerts dismissed').waitFor();
    const states = [];
    for (const id of ids) states.push(await state(id));
    const all = (count, word) => Array(count).fill(word);
    assert.deepEqual(states, [...all(4, 'acknowledged'), ...all(3, 'snoozed'), ...all(3, 'dismissed')]);
  });
}

/** Goes on with Tab until the button of that name has the focus. */
async function focusByTab(page, name) {
  const button = page.getByRole('dialog').getByRole('button', { name });
  await button.waitFor();
  for (let step = 0; step < 12; step++) {
    if (await button.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab does not lead to “${name}”`);
}
