import { Link } from '@tanstack/react-router';
import type { KeyboardEvent } from 'react';
import { HOST_TABS, type HostTab } from '../../lib/search';
import { settingsText } from '../../strings/en/govern/settings';

const LABELS: Record<HostTab, string> = {
  overview: 'Overview',
  facts: 'Facts',
  changes: 'Changes',
  settings: settingsText.title,
};

/** Tabs that are links: each has an address. Arrow keys move between them. */
export function Tabs({ id, current }: { id: string; current: HostTab }) {
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]')];
    const from = tabs.indexOf(document.activeElement as HTMLElement);
    tabs[(from + step + tabs.length) % tabs.length]?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label="About this host" onKeyDown={onKeyDown}>
      {HOST_TABS.map((tab) => (
        <Link
          key={tab}
          id={`tab-${tab}`}
          role="tab"
          to="/hosts/$id"
          params={{ id }}
          search={{ tab: tab === 'overview' ? undefined : tab }}
          aria-selected={tab === current}
          aria-controls="panel"
          tabIndex={tab === current ? 0 : -1}
        >
          {LABELS[tab]}
        </Link>
      ))}
    </div>
  );
}
