/** A fact's value as a person reads it: flat fields, each with a text. */

export type Value = Record<string, unknown>;

/** How null reads. */
export const NULL = 'null';

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
  return value === null ? NULL : String(value);
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

/**
 * What is looked for first in a kind, when it is not in the key. Columns to the right of these are
 * beyond the edge of most screens.
 */
const FIRST: Record<string, readonly string[]> = {
  address: ['scope', 'permanent'],
  group: ['gid', 'members'],
  interface: ['operstate', 'mac', 'mtu', 'kind'],
  listener: ['programs', 'uids'],
  mount: ['source', 'fstype', 'options', 'hidden'],
  package: ['version', 'architecture', 'source', 'status'],
  route: ['interface', 'gateway', 'metric', 'protocol'],
  service: ['active_state', 'sub_state', 'unit_file_state', 'description'],
  user: ['uid', 'gid', 'shell', 'home', 'password.locked', 'password.algorithm'],
};

/** The fields by which people tell two facts of a kind apart; none where nobody has said which. */
export const mainFields = (kind: string): readonly string[] => FIRST[kind] ?? [];

/** The field that people ask a kind for: of a package its version. Null where none stands out. */
export const mainField = (kind: string): string | null => FIRST[kind]?.[0] ?? null;

/**
 * The fields of some rows of a kind: the important ones, then those that most rows have, and last
 * those that are null in all of them. Ties in the order of first sight.
 */
export function columnsOf<F>(rows: readonly Row<F>[], kind = ''): string[] {
  const count = new Map<string, number>();
  const told = new Set<string>();
  for (const row of rows) {
    for (const [name, text] of row.fields) {
      count.set(name, (count.get(name) ?? 0) + 1);
      if (text !== NULL) told.add(name);
    }
  }
  const first = FIRST[kind] ?? [];
  const rank = (name: string) => {
    if (!told.has(name)) return first.length + 1;
    const place = first.indexOf(name);
    return place < 0 ? first.length : place;
  };
  return [...count]
    .sort(([a, often], [b, seldom]) => rank(a) - rank(b) || seldom - often)
    .map(([name]) => name);
}

/** The rows that have each word of the query somewhere in key or value. */
export function matching<F>(rows: readonly Row<F>[], query: string): readonly Row<F>[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return words.length === 0 ? rows : rows.filter((row) => words.every((word) => row.text.includes(word)));
}
