// What a page notes of itself: how it was painted, and what kept it busy.

/** Every document of this context notes it from its beginning. */
export const watch = (context) =>
  context.addInitScript(() => {
    window.noted = { lcp: 0, cls: 0, longTasks: [] };
    const observe = (type, note) =>
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) note(entry);
      }).observe({ type, buffered: true });
    observe('largest-contentful-paint', ({ startTime }) => {
      window.noted.lcp = startTime;
    });
    observe('layout-shift', ({ hadRecentInput, value }) => {
      if (!hadRecentInput) window.noted.cls += value;
    });
    observe('longtask', ({ duration }) => window.noted.longTasks.push(duration));
    performance.setResourceTimingBufferSize(5_000);
  });

export const noted = (page) => page.evaluate(() => window.noted);

/** What a while of doing something costs a page: its long tasks, and how many frames were drawn a second. */
export async function during(page, doing) {
  await page.evaluate(() => {
    window.noted.longTasks.length = 0;
    const frames = { count: 0, from: performance.now(), on: true };
    window.frames = frames;
    const frame = () => {
      frames.count += 1;
      if (frames.on) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  await doing();
  return page.evaluate(() => {
    window.frames.on = false;
    const { count, from } = window.frames;
    const tasks = window.noted.longTasks;
    return {
      fps: (count * 1000) / (performance.now() - from),
      longest: Math.max(0, ...tasks),
      count: tasks.length,
    };
  });
}
