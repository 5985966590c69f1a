import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { queries } from '../../api/queries';
import type { HostFilterState, HostGrouping, HostsView } from '../../lib/search';
import { hostsWords as words } from '../../strings/en/decide';
import { Button } from '../../ui/Button';
import { Failed } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { HostStatus } from '../../ui/Status';
import { stateWord } from './HostFilters';

/** Hosts that are shown of a group; the list has the others. */
const SHOWN = 20;

type Props = {
  view: HostsView;
  by: HostGrouping;
  open: string | undefined;
  onOpen: (value: string | undefined) => void;
  /** The list of those alone. */
  onAll: (part: Partial<HostsView>) => void;
};

/** Hosts by what they have in common, most hosts first; one group is open at a time. */
export function HostGroups({ view, by, open, onOpen, onAll }: Props) {
  const counts = useQuery(queries.hostCounts(view, by));
  if (counts.isError)
    return <Failed what={words.notCounted} error={counts.error} retry={() => void counts.refetch()} />;
  if (counts.isPending) return <Skeleton lines={8} label={words.counting} />;
  const most = Math.max(1, ...counts.data.items.map(({ hosts }) => hosts));
  return (
    <ul className="host-groups" aria-label={words.grouped(words.by[by])}>
      {counts.data.items.map(({ value, hosts }) => {
        const isOpen = value !== null && value === open;
        return (
          <li key={value ?? ''}>
            <button
              type="button"
              aria-expanded={isOpen}
              disabled={value === null}
              onClick={() => onOpen(isOpen || value === null ? undefined : value)}
            >
              {isOpen ? (
                <IconChevronDown size={16} aria-hidden />
              ) : (
                <IconChevronRight size={16} aria-hidden />
              )}
              <bdi className="strong clip">{wordOf(by, value)}</bdi>
              <progress max={most} value={hosts} aria-hidden="true" />
              <span className="num">{words.count(hosts)}</span>
            </button>
            {isOpen && <Members view={{ ...view, ...only(by, value) }} total={hosts} onAll={onAll} />}
          </li>
        );
      })}
    </ul>
  );
}

function Members({ view, total, onAll }: { view: HostsView; total: number; onAll: Props['onAll'] }) {
  const list = useQuery(queries.hosts(view));
  if (list.isError)
    return <Failed what={words.notCounted} error={list.error} retry={() => void list.refetch()} />;
  if (list.isPending) return <Skeleton lines={4} label={words.counting} />;
  return (
    <>
      <ul className="members">
        {list.data.items.slice(0, SHOWN).map((host) => (
          <li key={host.id}>
            <Link className="name clip" to="/hosts/$id" params={{ id: host.id }} title={host.hostname}>
              <bdi>{host.hostname}</bdi>
            </Link>
            <HostStatus state={host.state} />
            <bdi className="muted clip">{[host.os_name, host.group].filter(Boolean).join(' · ')}</bdi>
          </li>
        ))}
      </ul>
      <div className="more">
        <Button onClick={() => onAll(view)}>{words.showAll(total)}</Button>
      </div>
    </>
  );
}

/** The filter that a group is. */
const only = (by: HostGrouping, value: string): Partial<HostsView> =>
  by === 'state' ? { state: value as HostFilterState } : { [by]: value };

const wordOf = (by: HostGrouping, value: string | null): string => {
  if (value === null) return words.noSystem;
  return by === 'state' ? stateWord(value as HostFilterState) : value;
};
