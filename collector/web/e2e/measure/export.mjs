/** Every host as a file: until it begins, and until it is there. */
export async function exportFigures(b, figures) {
  const { first, whole, bytes } = await b.page.evaluate(async () => {
    const start = performance.now();
    const answer = await fetch('/api/v1/export?list=hosts&format=csv');
    if (!answer.ok) throw new Error(`the export answers ${answer.status}`);
    const reader = answer.body.getReader();
    let at = 0;
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      at ||= performance.now();
      if (done) return { first: at - start, whole: performance.now() - start, bytes: size };
      size += value.length;
    }
  });
  figures.add('CSV of all hosts: first byte', first, 'ms', 500);
  figures.add('CSV of all hosts: the whole file', whole / 1000, 's');
  figures.add('CSV of all hosts: its size', bytes / 1e6, 'MB');
}
