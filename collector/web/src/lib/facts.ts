/** A fact's value as a person reads it: flat fields, each with a text. */

export type Value = Record<string, unknown>;

/** `[["version","3.0.11"],["owner.uid","0"]]`: nested objects by path, lists in one line. */
export function fields(value: Value, prefix = ''): [string, string][] {
  return Object.entries(value).flatMap(([name, inner]): [string, string][] => {
    const path = prefix + name;
    if (isObject(inner)) {
      return Object.keys(inner).length > 0 ? fields(inner, `${path}.`) : [[path, '{}']];
    }
    return [[path, show(inner)]];
  });
}

/** One field's text. Null is said, not left out: "none" and "not known" are answers. */
function show(value: unknown): string {
  if (Array.isArray(value)) {
    return value.length === 0
      ? '[]'
      : value.map((item) => (isObject(item) ? JSON.stringify(item) : show(item))).join(', ');
  }
  if (isObject(value)) return JSON.stringify(value);
  return value === null ? 'null' : String(value);
}

const isObject = (value: unknown): value is Value =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A fact with its fields worked out once, for drawing and searching. */
export type Row<F> = { fact: F; fields: Map<string, string>; text: string };

export function toRow<F extends { key: string; value: Value }>(fact: F): Row<F> {
  const list = fields(fact.value);
  return {
    fact,
    fields: new Map(list),
    text: [fact.key, ...list.map(([, text]) => text)].join('\n').toLowerCase(),
  };
}

/** The fields of some rows, those that most rows have first; ties in the order of first sight. */
export function columnsOf<F>(rows: readonly Row<F>[]): string[] {
  const count = new Map<string, number>();
  for (const row of rows) for (const name of row.fields.keys()) count.set(name, (count.get(name) ?? 0) + 1);
  return [...count].sort((a, b) => b[1] - a[1]).map(([name]) => name);
}

/** The rows that have each word of the query somewhere in key or value. */
export function matching<F>(rows: readonly Row<F>[], query: string): readonly Row<F>[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return words.length === 0 ? rows : rows.filter((row) => words.every((word) => row.text.includes(word)));
}
