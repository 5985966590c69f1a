import { ask } from '../ask.mjs';
import { hostList, watchRows } from '../crowd/list.mjs';
import { during } from './watch.mjs';

/** The whole list, by wheel, by flings and by its thumb; and its end. */
export async function scrollFigures(b, figures) {
  const { page } = b;
  const { grid, names, total } = hostList(page);
  await b.goto('/hosts');
  await names.first().waitFor();
  const devtools = await b.context.newCDPSession(page);
  const most = await watchRows(page);
  const { x, y, width, height } = await grid.boundingBox();
  const middle = { x: x + width / 2, y: y + height / 2 };
  const hosts = await total();

  const ways = {
    'wheel steps': async () => {
      await page.mouse.move(middle.x, middle.y);
      for (let turn = 0; turn < 100; turn += 1) await page.mouse.wheel(0, 300);
    },
    flings: async () => {
      for (const distance of [-20_000, -60_000, 40_000, -60_000])
        await devtools.send('Input.synthesizeScrollGesture', {
          ...middle,
          yDistance: distance,
          speed: 20_000,
          gestureSourceType: 'mouse',
        });
    },
    'thumb dragged over the whole list': () =>
      grid.evaluate(async (box) => {
        const way = box.scrollHeight - box.clientHeight;
        for (let step = 0; step <= 240; step += 1) {
          box.scrollTop = way * (1 - Math.abs(1 - step / 120));
          await new Promise(requestAnimationFrame);
        }
      }),
  };
  for (const [name, way] of Object.entries(ways)) {
    const { fps, longest, count } = await during(page, way);
    figures.add(`${hosts} hosts, ${name}: longest task`, longest, 'ms', 50);
    figures.add(`${hosts} hosts, ${name}: tasks over 50 ms`, count, '', 0);
    figures.add(`${hosts} hosts, ${name}: frames a second`, fps, '');
  }
  figures.add('rows in the page at most', await most(), '', 70);
  await toTheEnd(b, figures);
}

async function toTheEnd(b, figures) {
  const { page } = b;
  const { grid, names } = hostList(page);
  await b.goto('/hosts');
  await names.first().waitFor();
  const { body } = await ask(b, 'GET', '/hosts?sort=-hostname&limit=1');
  await grid.focus();
  await page.evaluate(() => {
    addEventListener('keydown', ({ timeStamp }) => {
      window.pressed = timeStamp;
    });
  });
  await page.keyboard.press('End');
  const took = await page.evaluate(async (index) => {
    const shown = () => document.querySelector(`[aria-rowindex="${index}"] a.name`);
    while (!shown()) await new Promise(requestAnimationFrame);
    return performance.now() - window.pressed;
  }, body.total + 1);
  figures.add('End, until the last host shows its name', took, 'ms', 1000);
}
