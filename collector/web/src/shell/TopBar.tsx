import { IconClock, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams, useRouterState } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { drift } from '../api/drift';
import { queries } from '../api/queries';
import { waiver } from '../api/waivers';
import { useLiveState } from '../lib/live';
import { setPrefs, usePrefs } from '../lib/prefs';
import { Button } from '../ui/Button';
import { AccountMenu } from './AccountMenu';
import { Bell } from './Bell';
import { PLACES, type Place } from './places';
import { SETTINGS_PAGES } from './settings';
import { TimeMachine } from './TimeMachine';

export function TopBar({ onSearch, onKeys }: { onSearch: () => void; onKeys: () => void }) {
  const { zone } = usePrefs();
  return (
    <header className="top">
      <Link to="/" className="brand" aria-label="OpenWatch, overview">
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
      <TimeMachine />
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
      <AccountMenu onKeys={onKeys} />
    </header>
  );
}

/** What is one of many says its own name in the crumbs. */
const CRUMBS: Record<string, (props: { id: string }) => ReactNode> = {
  '/hosts': HostCrumb,
  '/rollouts': RolloutCrumb,
  '/alerts': AlertCrumb,
  '/rules': NamedCrumb,
  '/frameworks': NamedCrumb,
  '/exceptions': ExceptionCrumb,
  '/drift': StoryCrumb,
  '/groups': GroupCrumb,
};

function Breadcrumb() {
  const section = useRouterState({ select: (state) => `/${state.location.pathname.split('/')[1] ?? ''}` });
  const params = useParams({ strict: false });
  const id = params.id ?? params.key;
  const place = PLACES.find(({ to }) => to === section);
  const Crumb = CRUMBS[section];
  if (place && section === '/settings') return <SettingsCrumbs place={place} />;
  return (
    <nav className="crumbs" aria-label="Breadcrumb">
      {id && place && Crumb ? (
        <>
          <Link to={place.to}>{place.label}</Link>
          <span aria-hidden="true">/</span>
          <Crumb id={id} />
        </>
      ) : (
        <span aria-current="page">{place?.label}</span>
      )}
    </nav>
  );
}

/** Settings have pages of their own, and some of those are of one thing. */
function SettingsCrumbs({ place }: { place: Place }) {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const { name } = useParams({ strict: false });
  const page = SETTINGS_PAGES.find(({ to }) => path === to || path.startsWith(`${to}/`));
  const inside = page && path !== page.to;
  return (
    <nav className="crumbs" aria-label="Breadcrumb">
      <span>{place.label}</span>
      <span aria-hidden="true">/</span>
      {inside ? <Link to={page.to}>{page.label}</Link> : <span aria-current="page">{page?.label}</span>}
      {inside && name && (
        <>
          <span aria-hidden="true">/</span>
          <span aria-current="page">{name}</span>
        </>
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

/** What is known by its key says that. */
function NamedCrumb({ id }: { id: string }) {
  return (
    <span aria-current="page" className="mono">
      {id}
    </span>
  );
}

function ExceptionCrumb({ id }: { id: string }) {
  const { data } = useQuery(waiver(id));
  return <span aria-current="page">{data?.rule ?? data?.control ?? id.slice(0, 8)}</span>;
}

function StoryCrumb({ id }: { id: string }) {
  const { data } = useQuery(drift(id));
  return <span aria-current="page">{data?.title ?? id.slice(0, 8)}</span>;
}

function GroupCrumb({ id }: { id: string }) {
  const groups = useQuery(queries.groups());
  const name = groups.data?.items.find((group) => group.id === id)?.name;
  return <span aria-current="page">{name ?? id.slice(0, 8)}</span>;
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
