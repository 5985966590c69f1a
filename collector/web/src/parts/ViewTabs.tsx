import { Link, type LinkProps } from '@tanstack/react-router';
import type { KeyboardEvent } from 'react';

type Props<T extends string> = {
  label: string;
  tabs: readonly { id: T; word: string }[];
  current: T;
  /** Where a tab leads: each has an address. */
  link: (id: T) => LinkProps;
};

/** Tabs that are links. Arrow keys move between them. They show what is in the element `panel`. */
export function ViewTabs<T extends string>({ label, tabs, current, link }: Props<T>) {
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]')];
    const from = all.indexOf(document.activeElement as HTMLElement);
    all[(from + step + all.length) % all.length]?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {tabs.map(({ id, word }) => (
        <Link
          key={id}
          id={`tab-${id}`}
          role="tab"
          {...link(id)}
          aria-selected={id === current}
          aria-controls="panel"
          tabIndex={id === current ? 0 : -1}
        >
          {word}
        </Link>
      ))}
    </div>
  );
}
