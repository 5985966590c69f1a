import { Link } from '@tanstack/react-router';
import type { KeyboardEvent } from 'react';

type Tab<T extends string> = { id: T; label: string };

type Props<T extends string> = { label: string; tabs: readonly Tab<T>[]; current: T };

/** Tabs of the page one is on, each with an address (`?tab=`); the first is the page's own. Arrow keys move. */
export function TabLinks<T extends string>({ label, tabs, current }: Props<T>) {
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]')];
    const from = all.indexOf(document.activeElement as HTMLElement);
    all[(from + step + all.length) % all.length]?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {tabs.map(({ id, label: name }, index) => (
        <Link
          key={id}
          id={`tab-${id}`}
          role="tab"
          to="."
          search={((old: object) => ({ ...old, tab: index === 0 ? undefined : id })) as never}
          aria-selected={id === current}
          aria-controls="panel"
          tabIndex={id === current ? 0 : -1}
        >
          {name}
        </Link>
      ))}
    </div>
  );
}
