import { fields, type Value } from './facts';

/** Hosts that have the same text in one field under one key. */
export type Share = { key: string; text: string; hosts: number };

/**
 * Values that were counted whole, counted by one field of theirs: two installations of a version are that version.
 * A host has one value under a key, so that the sums are of hosts.
 */
export function byField(
  values: readonly { key: string; value: Value; hosts: number }[],
  field: string | null,
): Share[] {
  const shares = new Map<string, Share>();
  for (const { key, value, hosts } of values) {
    const all = fields(value);
    const text = field === null ? whole(all) : (all.find(([name]) => name === field)?.[1] ?? '');
    const name = `${key}\n${text}`;
    const share = shares.get(name);
    if (share) share.hosts += hosts;
    else shares.set(name, { key, text, hosts });
  }
  return [...shares.values()].sort((a, b) => b.hosts - a.hosts || a.key.localeCompare(b.key));
}

const whole = (all: [string, string][]): string => all.map(([name, text]) => `${name}=${text}`).join(' ');
