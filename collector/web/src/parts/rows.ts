import { type RefObject, useState } from 'react';

const ROW = '[data-row]';

/** Rows of a list by the keyboard: each has an element `[data-row]` with a link of the class `name` in it. */
export function useRows(box: RefObject<HTMLElement | null>) {
  const rows = () => [...(box.current?.querySelectorAll<HTMLElement>(ROW) ?? [])];
  const current = () => document.activeElement?.closest<HTMLElement>(ROW) ?? null;
  return {
    /** The identity of the row that has the focus. */
    current: (): string | undefined => current()?.dataset.row,
    /** The focus moves by so many rows; to the first one when none had it. */
    move: (by: 1 | -1): void => {
      const all = rows();
      const now = current();
      const at = now ? all.indexOf(now) + by : 0;
      all[Math.max(0, Math.min(all.length - 1, at))]?.querySelector<HTMLElement>('a.name')?.focus();
    },
  };
}

/** Which of some are chosen. Those that are listed no more are chosen no more. */
export function useSelection(listed: readonly string[]) {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const chosen = new Set(listed.filter((id) => ids.has(id)));
  return {
    chosen: chosen as ReadonlySet<string>,
    toggle: (id: string): void => {
      const next = new Set(chosen);
      if (!next.delete(id)) next.add(id);
      setIds(next);
    },
    set: (next: readonly string[]): void => setIds(new Set(next)),
    clear: (): void => setIds(new Set()),
  };
}
