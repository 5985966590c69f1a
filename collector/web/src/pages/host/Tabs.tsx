import { Link } from '@tanstack/react-router';
import type { KeyboardEvent } from 'react';
import { useMay } from '../../lib/may';
import { HOST_TABS, type HostTab } from '../../lib/search';
import { settingsText } from '../../strings/en/govern/settings';

const LABELS: Record<HostTab, string> = {
  overview: 'Overview',
  compliance: 'Compliance',
  facts: 'Facts',
  changes: 'Changes',
  drift: 'Drift',
  activity: 'Activity',
  metrics: 'Metrics',
  settings: settingsText.title,
};
/** Who may not read what is in it does not see the tab. */
const PERMISSIONS: Partial<Record<HostTab, string>> = {
  compliance: 'results.read',
  drift: 'drift.read',
  metrics: 'metrics.read',
  settings: 'settings.read',
};

/** Tabs that are links: each has an address. Arrow keys move between them. */
export function Tabs({ id, current }: { id: string; current: HostTab }) {
  const may = useMay();
  const shown = HOST_TABS.filter((tab) => {
    const permission = PERMISSIONS[tab];
    return !permission || may(permission);
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]')];
    const from = tabs.indexOf(document.activeElement as HTMLElement);
    tabs[(from + step + tabs.length) % tabs.length]?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label="About this host" onKeyDown={onKeyDown}>
      {shown.map((tab) => (
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
