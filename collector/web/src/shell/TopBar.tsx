import { IconClock, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams, useRouterState } from '@tanstack/react-router';
import { queries } from '../api/queries';
import { useLiveState } from '../lib/live';
import { setPrefs, usePrefs } from '../lib/prefs';
import { Button } from '../ui/Button';
import { AccountMenu } from './AccountMenu';
import { Bell } from './Bell';

export function TopBar({ onSearch }: { onSearch: () => void }) {
  const { zone } = usePrefs();
  return (
    <header className="top">
      <Link to="/hosts" className="brand" aria-label="OpenWatch, all hosts">
        <img src="/favicon.svg" width="22" height="22" alt="" />
        <span>OpenWatch</span>
      </Link>
      <Breadcrumb />
      <Button className="find" onClick={onSearch}>
        <IconSearch size={15} aria-hidden />
        <span className="wide-text">Search</span>
        <kbd className="wide" aria-hidden="true">
          Ctrl K
        </kbd>
      </Button>
      <Live />
      <Button
        look="ghost"
        className="wide"
        aria-label={zone === 'utc' ? 'Times are in UTC; show local time' : 'Times are local; show UTC'}
        onClick={() => setPrefs({ zone: zone === 'utc' ? 'local' : 'utc' })}
      >
        <IconClock size={16} aria-hidden />
        {zone === 'utc' ? 'UTC' : 'Local'}
      </Button>
      <Bell />
      <AccountMenu />
    </header>
  );
}

const PAGES: Record<string, string> = {
  hosts: 'Hosts',
  enrol: 'Enrol hosts',
  content: 'Content',
  rollouts: 'Rollouts',
  alerts: 'Alerts',
};

function Breadcrumb() {
  const section = useRouterState({ select: (state) => state.location.pathname.split('/')[1] ?? '' });
  const { id } = useParams({ strict: false });
  return (
    <nav className="crumbs" aria-label="Breadcrumb">
      {id && (section === 'hosts' || section === 'rollouts' || section === 'alerts') ? (
        <>
          <Link to={`/${section}`}>{PAGES[section]}</Link>
          <span aria-hidden="true">/</span>
          {section === 'hosts' && <HostCrumb id={id} />}
          {section === 'rollouts' && <RolloutCrumb id={id} />}
          {section === 'alerts' && <AlertCrumb id={id} />}
        </>
      ) : (
        <span aria-current="page">{PAGES[section]}</span>
      )}
    </nav>
  );
}

function HostCrumb({ id }: { id: string }) {
  const host = useQuery(queries.host(id));
  return <span aria-current="page">{host.data?.hostname ?? id.slice(0, 8)}</span>;
}

function RolloutCrumb({ id }: { id: string }) {
  const rollout = useQuery(queries.rollout(id));
  return <span aria-current="page">{rollout.data ? `Bundle ${rollout.data.serial}` : id.slice(0, 8)}</span>;
}

function AlertCrumb({ id }: { id: string }) {
  const alert = useQuery(queries.alert(id));
  return <span aria-current="page">{alert.data?.title ?? id.slice(0, 8)}</span>;
}

function Live() {
  const state = useLiveState();
  return (
    <span className="live" data-state={state} role="status" title="Whether changes are shown as they happen">
      <i aria-hidden="true" />
      {state === 'live' ? 'Live' : 'Reconnecting'}
    </span>
  );
}
