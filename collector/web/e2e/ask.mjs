// Asks the collector's API from within the page, as whoever is signed in there.

/** The answer's status and body. What a test needs is made so, as a person's own tools would. */
export function ask(b, method, path, body) {
  return b.page.evaluate(
    async ([verb, route, data]) => {
      const answer = await fetch(`/api/v1${route}`, {
        method: verb,
        headers: { 'X-OpenWatch-Request': '1', ...(data && { 'Content-Type': 'application/json' }) },
        body: data && JSON.stringify(data),
      });
      const text = await answer.text();
      const json = /json/.test(answer.headers.get('content-type') ?? '') && text ? JSON.parse(text) : text;
      return { status: answer.status, body: json };
    },
    [method, path, body],
  );
}

/** An instant before a test's hosts were there, and not so long ago that nothing is kept of it. */
export const beforeAll = () =>
  `${new Date(Date.now() - 100 * 86_400_000).toISOString().slice(0, 10)}T00:00:00Z`;

/** The host that OPENWATCH_HOST names, or the first one that is connected, or the first. */
export async function aHost(b) {
  const wanted = process.env.OPENWATCH_HOST;
  const query = wanted ? `?q=${encodeURIComponent(wanted)}` : '?state=online&limit=1';
  const { body } = await ask(b, 'GET', `/hosts${query}`);
  if (body.items.length > 0) return body.items[0];
  return (await ask(b, 'GET', '/hosts?limit=1')).body.items[0];
}
