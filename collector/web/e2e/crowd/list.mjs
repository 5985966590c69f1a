// The list of hosts, as a test finds its way in it.

/** Its grid, its names, and how many hosts it says there are. */
export function hostList(page) {
  const grid = page.getByRole('grid', { name: 'Hosts' });
  const head = page.locator('.head [role=status]');
  return {
    grid,
    names: grid.locator('a.name'),
    head,
    rows: grid.locator('[role=row][id]'),
    total: async () => Number(await grid.getAttribute('aria-rowcount')) - 1,
    /** Once another question is answered. */
    counted: (words) => head.getByText(words).waitFor(),
  };
}

/** Notes the most rows that the page ever holds, whatever moves them; returns a function that tells. */
export async function watchRows(page) {
  await page.evaluate(() => {
    const grid = document.querySelector('[role=grid]');
    const count = () => {
      window.mostRows = Math.max(window.mostRows ?? 0, grid.querySelectorAll('[role=row]').length);
    };
    count();
    new MutationObserver(count).observe(grid, { childList: true, subtree: true });
  });
  return () => page.evaluate(() => window.mostRows);
}
