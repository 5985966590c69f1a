import { Link } from '@tanstack/react-router';
import type { Host, HostSort } from '../../api/client';
import { kindName } from '../../strings/en';
import type { Column } from '../../ui/Grid';
import { HostStatus, Status } from '../../ui/Status';
import { Ago } from '../../ui/Time';

type HostColumn = Column<Host, HostSort>;

const NAME: HostColumn = {
  id: 'hostname',
  label: 'Host',
  width: 214,
  sorts: ['hostname', '-hostname'],
  cell: (host) => (
    <Link className="name" to="/hosts/$id" params={{ id: host.id }} title={host.hostname}>
      {host.hostname}
    </Link>
  ),
};

const STATE: HostColumn = {
  id: 'state',
  label: 'State',
  width: 132,
  cell: (host) => <HostStatus state={host.state} />,
};

/** Since when it is so, and what else somebody should know before acting on it. */
const SINCE: HostColumn = {
  id: 'since',
  label: 'Since',
  width: 148,
  cell: (host) => (
    <>
      <Ago at={host.since} />
      {host.maintenance && ', maintenance'}
      {host.clock_wrong && ', clock wrong'}
    </>
  ),
};

const SEEN: HostColumn = {
  id: 'last_seen_at',
  label: 'Last seen',
  width: 104,
  sorts: ['-last_seen_at', 'last_seen_at'],
  cell: (host) => (host.state === 'online' ? 'Connected' : <Ago at={host.last_seen_at} />),
};

export const COLUMNS: readonly HostColumn[] = [
  NAME,
  STATE,
  SINCE,
  {
    id: 'os',
    label: 'Operating system',
    width: 196,
    cell: (host) => host.os_name ?? <span className="muted">Not known yet</span>,
  },
  { id: 'group', label: 'Group', width: 92, cell: (host) => host.group },
  {
    id: 'stale',
    label: 'Freshness',
    width: 104,
    cell: ({ stale_kinds: kinds, state }) =>
      kinds.length === 0 ? (
        <span className="muted">{state === 'online' ? 'Current' : 'As last seen'}</span>
      ) : (
        <Status
          tone="warn"
          word={`${kinds.length} stale`}
          meaning={`Out of date: ${kinds.map(kindName).join(', ')}`}
        />
      ),
  },
  {
    id: 'agent',
    label: 'Agent',
    width: 72,
    cell: (host) => <span className="mono">{host.agent_version}</span>,
  },
  SEEN,
  {
    id: 'enrolled_at',
    label: 'Enrolled',
    width: 112,
    sorts: ['-enrolled_at', 'enrolled_at'],
    cell: (host) => <Ago at={host.enrolled_at} />,
  },
];

/** What fits on a phone; the rest is one tap away on the host's page. */
export const NARROW_COLUMNS: readonly HostColumn[] = [
  { ...NAME, width: 160 },
  { ...STATE, width: 128 },
];
