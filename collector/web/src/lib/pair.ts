import { fields, type Value } from './facts';

type Fact = { key: string; value: Value };
/** A key with what each of two hosts has under it. */
export type Pair = { key: string; a: Value | null; b: Value | null; same: boolean };

/**
 * The facts of two hosts by key, in the order of the keys; held against each other by some fields alone, or by all
 * when none is named: two hosts never installed a package in the same second.
 */
export function pair(a: readonly Fact[], b: readonly Fact[], by: readonly string[] = []): Pair[] {
  const side = (facts: readonly Fact[]) => new Map(facts.map(({ key, value }) => [key, only(value, by)]));
  const [first, second] = [side(a), side(b)];
  const keys = [...new Set([...first.keys(), ...second.keys()])].sort();
  return keys.map((key) => {
    const [one, other] = [first.get(key) ?? null, second.get(key) ?? null];
    return { key, a: one, b: other, same: one !== null && other !== null && text(one) === text(other) };
  });
}

const only = (value: Value, names: readonly string[]): Value =>
  names.length === 0 ? value : Object.fromEntries(fields(value).filter(([name]) => names.includes(name)));

/** The same fields in another order are the same value. */
const text = (value: Value): string => JSON.stringify(fields(value).sort(([a], [b]) => (a < b ? -1 : 1)));
