import { useEffect, useEffectEvent, useSyncExternalStore } from 'react';

/** A key that does something on a page, for as long as the page is there. */
export type Shortcut = { key: string; does: string; run: () => void };
/** A page's keys, as they are listed. */
export type ShortcutGroup = { title: string; keys: readonly { key: string; does: string }[] };

type Registered = ShortcutGroup & { press: (key: string) => boolean };

let groups: readonly Registered[] = [];
const listeners = new Set<() => void>();

function set(next: readonly Registered[]): void {
  groups = next;
  for (const listener of listeners) listener();
}

/** Lends a page its keys. They do nothing while somebody types, or a dialog is open: the shell sees to that. */
export function useShortcuts(title: string, shortcuts: readonly Shortcut[]): void {
  const press = useEffectEvent((key: string): boolean => {
    const found = shortcuts.find((shortcut) => shortcut.key === key);
    found?.run();
    return found !== undefined;
  });
  const listed = JSON.stringify(shortcuts.map(({ key, does }) => ({ key, does })));
  useEffect(() => {
    const group: Registered = { title, keys: JSON.parse(listed), press: (key) => press(key) };
    set([...groups, group]);
    return () => set(groups.filter((each) => each !== group));
  }, [title, listed]);
}

/** Whether a page took the key. */
export const pressKey = (key: string): boolean => groups.some((group) => group.press(key));

export const useShortcutGroups = (): readonly ShortcutGroup[] =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => groups,
  );
