import { Link } from '@tanstack/react-router';
import type { Host, HostSort } from '../../api/client';
import { kindName } from '../../strings/en';
import { hostsWords } from '../../strings/en/decide';
import type { Column } from '../../ui/Grid';
import { HostStatus, Status } from '../../ui/Status';
import { Ago } from '../../ui/Time';

type HostColumn = Column<Host, HostSort>;

/** What a row is called by: it cannot be hidden. */
const NAME: HostColumn = {
  id: 'hostname',
  label: 'Host',
  width: 190,
  sorts: ['hostname', '-hostname'],
  cell: (host) => (
    <Link className="name" to="/hosts/$id" params={{ id: host.id }} title={host.hostname}>
      {host.hostname}
    </Link>
  ),
};

const Freshness = ({ host: { stale_kinds: kinds, state } }: { host: Host }) =>
  kinds.length === 0 ? (
    <span className="muted">{state === 'online' ? 'Current' : 'As last seen'}</span>
  ) : (
    <Status
      tone="warn"
      word={`${kinds.length} stale`}
      meaning={`Out of date: ${kinds.map(kindName).join(', ')}`}
    />
  );

const labelsText = (host: Host): string =>
  Object.entries(host.labels as Record<string, string>)
    .map(([key, value]) => (value ? `${key}=${value}` : key))
    .join(' ');

/** Every column but the name, in their order. */
const OTHERS: readonly HostColumn[] = [
  { id: 'state', label: 'State', width: 132, cell: (host) => <HostStatus state={host.state} /> },
  {
    // Since when it is so, and what else somebody should know before acting on it.
    id: 'since',
    label: 'Since',
    width: 140,
    cell: (host) => (
      <>
        <Ago at={host.since} />
        {host.maintenance && ', maintenance'}
        {host.clock_wrong && ', clock wrong'}
      </>
    ),
  },
  {
    id: 'os',
    label: 'Operating system',
    width: 184,
    cell: (host) => host.os_name ?? <span className="muted">Not known yet</span>,
  },
  { id: 'group', label: 'Group', width: 88, cell: (host) => host.group },
  {
    id: 'groups',
    label: 'All groups',
    width: 160,
    cell: (host) => <span title={host.groups.join(', ')}>{host.groups.join(', ')}</span>,
  },
  {
    id: 'labels',
    label: 'Labels',
    width: 180,
    cell: (host) => (
      <span className="mono" title={labelsText(host)}>
        {labelsText(host)}
      </span>
    ),
  },
  { id: 'stale', label: 'Freshness', width: 104, cell: (host) => <Freshness host={host} /> },
  {
    id: 'content',
    label: 'Content',
    width: 92,
    right: true,
    cell: (host) => host.content_serial ?? <span className="muted">–</span>,
  },
  {
    id: 'agent',
    label: 'Agent',
    width: 72,
    cell: (host) => <span className="mono">{host.agent_version}</span>,
  },
  {
    id: 'seen',
    label: 'Last seen',
    width: 104,
    sorts: ['-last_seen_at', 'last_seen_at'],
    cell: (host) => (host.state === 'online' ? 'Connected' : <Ago at={host.last_seen_at} />),
  },
  {
    id: 'enrolled',
    label: 'Enrolled',
    width: 108,
    sorts: ['-enrolled_at', 'enrolled_at'],
    cell: (host) => <Ago at={host.enrolled_at} />,
  },
];

export const CHOICES: readonly { id: string; label: string }[] = OTHERS;
const SHOWN = ['state', 'since', 'os', 'group', 'stale', 'agent', 'seen', 'enrolled'];

/** Which columns are shown: those that the URL names, in their own order; those of always when it names none. */
export const shownColumns = (cols: string | undefined): readonly string[] =>
  cols === undefined ? SHOWN : OTHERS.map(({ id }) => id).filter((id) => cols.split(',').includes(id));

/** The URL's word for a choice of columns; none for that of always. */
export function columnsWord(shown: readonly string[]): string | undefined {
  const word = OTHERS.map(({ id }) => id)
    .filter((id) => shown.includes(id))
    .join(',');
  return word === SHOWN.join(',') ? undefined : word;
}

export const columnsOf = (cols: string | undefined): readonly HostColumn[] => {
  const shown = shownColumns(cols);
  return [NAME, ...OTHERS.filter(({ id }) => shown.includes(id))];
};

/** A card for each host, where there is no room for columns. */
export const CARD: readonly HostColumn[] = [
  {
    id: 'card',
    label: 'Host',
    width: 240,
    cell: (host) => (
      <span className="host-card">
        <Link className="name clip" to="/hosts/$id" params={{ id: host.id }} title={host.hostname}>
          {host.hostname}
        </Link>
        <span className="host-card-line">
          <HostStatus state={host.state} />
          {host.stale_kinds.length > 0 && <Freshness host={host} />}
        </span>
        <span className="muted clip">
          {[host.os_name, host.group].filter(Boolean).join(' · ')}
          {host.state !== 'online' && (
            <>
              {' · '}
              {hostsWords.seen} <Ago at={host.last_seen_at} />
            </>
          )}
        </span>
      </span>
    ),
  },
];
export const CARD_HEIGHT = 88;
