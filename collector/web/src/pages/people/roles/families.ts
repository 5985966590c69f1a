import type { Permission } from '../../../api/people';

/** Permissions of one sort of things, in the order in which the collector has them. */
export type Family<T> = { name: string; members: T[] };

/** By what is before the dot. The order is that of the first of each. */
export function families<T>(items: readonly T[], code: (item: T) => string): Family<T>[] {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const name = code(item).split('.')[0] ?? '';
    const members = found.get(name);
    if (members) members.push(item);
    else found.set(name, [item]);
  }
  return [...found].map(([name, members]) => ({ name, members }));
}

/** The chosen ones with this one in or out, in the order of the registry. */
export function chosen(
  all: readonly Permission[],
  before: readonly string[],
  code: string,
  isIn: boolean,
): string[] {
  const wanted = new Set(before);
  if (isIn) wanted.add(code);
  else wanted.delete(code);
  const known = all.map((permission) => permission.code).filter((each) => wanted.delete(each));
  // What this console's collector does not know stays: it is not ours to drop.
  return [...known, ...wanted];
}
