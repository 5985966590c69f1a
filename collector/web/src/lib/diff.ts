import { diffWordsWithSpace } from 'diff';
import { fields, type Value } from './facts';

/** A stretch of text, marked when it differs from the other side. */
export type Part = { text: string; marked: boolean };
/** One field of a change. A side is null when the field is not there on that side. */
export type FieldDiff = { name: string; before: Part[] | null; after: Part[] | null; same: boolean };

/** What a change did: what the diff is headed with. */
export function verb(before: unknown, after: unknown): 'appeared' | 'changed' | 'removed' {
  if (before === null) return 'appeared';
  return after === null ? 'removed' : 'changed';
}

/** The fields of both sides in the order of the newer one, with the differing words marked. */
export function diffFields(before: Value | null, after: Value | null): FieldDiff[] {
  const old = new Map(fields(before ?? {}));
  const now = new Map(fields(after ?? {}));
  const names = [...now.keys(), ...[...old.keys()].filter((name) => !now.has(name))];
  return names.map((name) => diffField(name, old.get(name), now.get(name)));
}

function diffField(name: string, old: string | undefined, now: string | undefined): FieldDiff {
  const whole = (text: string | undefined): Part[] | null =>
    text === undefined ? null : [{ text, marked: false }];
  if (old === undefined || now === undefined || old === now) {
    return { name, before: whole(old), after: whole(now), same: old === now };
  }
  const words = diffWordsWithSpace(old, now);
  const side = (leave: 'added' | 'removed', mark: 'added' | 'removed'): Part[] =>
    words.filter((word) => !word[leave]).map((word) => ({ text: word.value, marked: word[mark] }));
  return { name, before: side('added', 'removed'), after: side('removed', 'added'), same: false };
}
