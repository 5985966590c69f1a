import { ask } from '../ask.mjs';
import { hostList } from '../crowd/list.mjs';
import { during } from './watch.mjs';

const A_SECOND = 50;
/** One change of so many is of a host that is looked at. */
const IN_VIEW = 10;
const FLIGHTS = 16;

/** Labels of hosts are set through the API, as people and programs do it: the collector says so in its feed. */
export async function liveFigures(b, figures) {
  const seconds = Number(process.env.OPENWATCH_LIVE_S ?? 30);
  const { page } = b;
  const { names, total } = hostList(page);
  await b.goto('/hosts?cols=state,labels');
  await names.nth(10).waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  const shown = (await ask(b, 'GET', '/hosts?limit=15')).body.items;
  const others = (await ask(b, 'GET', `/hosts?limit=500&offset=${Math.floor((await total()) / 2)}`)).body
    .items;
  await page.evaluate(watchNames);
  const changed = new Set();
  let made = 0;
  const change = async (turn) => {
    const host = turn % IN_VIEW === 0 ? shown[(turn / IN_VIEW) % shown.length] : others[turn % others.length];
    const answer = await b.context.request.put(`${b.url}/api/v1/hosts/${host.id}/labels`, {
      headers: { 'X-OpenWatch-Request': '1' },
      data: { ...host.labels, turn: String(turn) },
    });
    if (!answer.ok()) return;
    made += 1;
    changed.add(host.hostname);
  };
  const began = Date.now();
  const cost = await during(page, async () => {
    const flying = new Set();
    for (let turn = 0; Date.now() - began < seconds * 1000; turn += 1) {
      const due = began + (turn * 1000) / A_SECOND - Date.now();
      if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
      if (flying.size >= FLIGHTS) await Promise.race(flying);
      const one = change(turn).finally(() => flying.delete(one));
      flying.add(one);
    }
    await Promise.all(flying);
  });
  const touched = await page.evaluate(() => [...window.touchedNames]);
  figures.add('hosts changed a second (50 wanted)', (made * 1000) / (Date.now() - began), '');
  figures.add(`${made} changes: longest task`, cost.longest, 'ms', 50);
  figures.add(`${made} changes: tasks over 50 ms`, cost.count, '', 0);
  figures.add('rows drawn anew whose host changed', touched.filter((name) => changed.has(name)).length, '');
  figures.add(
    'rows drawn anew whose host did not',
    touched.filter((name) => !changed.has(name)).length,
    '',
    0,
  );
}

function watchNames() {
  window.touchedNames = new Set();
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const row = (target.closest ? target : target.parentElement)?.closest('[role=row]');
      const name = row?.querySelector('a.name')?.textContent;
      if (name) window.touchedNames.add(name);
    }
  }).observe(document.querySelector('.grid-body'), {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
  });
}
