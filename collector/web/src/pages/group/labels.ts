type Labels = Record<string, string>;

/** Labels as they are typed: one a line. */
export const toLines = (labels: Labels | null): string =>
  Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join('\n');

/** What was typed, as labels: null for none, undefined when a line is none. */
export function fromLines(text: string): Labels | null | undefined {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length === 0) return null;
  const labels: Labels = {};
  for (const line of lines) {
    const at = line.indexOf('=');
    if (at < 1) return undefined;
    labels[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return labels;
}
