/** A kept search of facts as this page's URL has it. */
export function factsSearch({ kind, key, at, version_below: below, ...values }: Record<string, string>) {
  const where = new URLSearchParams(
    Object.entries(values).map(([name, text]) => [name.replace(/^value\./, ''), text]),
  ).toString();
  return { kind, key, at, below, where: where || undefined };
}

/** The conditions on a value, but for one. */
export function without(where: string | undefined, name: string): string | undefined {
  const left = new URLSearchParams(where);
  left.delete(name);
  return left.toString() || undefined;
}
