const PAGES = [
  'Hosts',
  'Posture map',
  'Findings',
  'Rules',
  'Exceptions',
  'Drift',
  'Activity',
  'Groups',
  'Alerts',
  'Overview',
];

/** From the click on a page's name until its heading and first content stand, when both were there before. */
export async function routeFigures(b, figures) {
  const { page } = b;
  await b.goto('/');
  await page
    .getByRole('navigation', { name: 'Main' })
    .getByRole('link', { name: /^Hosts/ })
    .waitFor();
  for (const name of PAGES) await change(page, name);
  const times = [];
  for (const name of PAGES) {
    const took = await change(page, name);
    times.push(took);
    figures.add(`to ${name}, warm`, took, 'ms', 200);
  }
  figures.add('the slowest change of page', Math.max(...times), 'ms', 200);
}

const change = (page, name) =>
  page.evaluate(async (label) => {
    const links = [...document.querySelectorAll('nav[aria-label=Main] a')];
    // A count may follow the name.
    const link = links.find(({ firstElementChild }) => firstElementChild?.nextSibling?.textContent === label);
    if (!link) throw new Error(`no ${label} in the navigation`);
    const before = document.querySelector('main h1');
    const stands = () => {
      const heading = document.querySelector('main h1');
      const content = heading && heading !== before && !document.querySelector('main .skeleton');
      return content && document.querySelector('main').innerText.length > heading.innerText.length;
    };
    const start = performance.now();
    link.click();
    while (!stands() && performance.now() - start < 60_000) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - start;
  }, name);
