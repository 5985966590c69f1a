import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Change, HostDetail } from '../../api/client';
import { queries } from '../../api/queries';
import { kindName } from '../../strings/en';
import { Button } from '../../ui/Button';
import { InstantField } from '../../ui/InstantField';
import { Empty, Failed } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { Ago, Stamp } from '../../ui/Time';
import { ChangeEntry } from './ChangeEntry';

const route = getRouteApi('/signed-in/hosts/$id');

/** What changed on the host, newest first; changes of one instant stand together. */
export function ChangesTab({ host }: { host: HostDetail }) {
  const { kind, since, until } = route.useSearch();
  const setView = route.useNavigate();
  type View = { kind?: string; since?: string; until?: string };
  const filter = (next: View) => void setView({ search: (old) => ({ ...old, ...next }) });
  const clear = () => filter({ kind: undefined, since: undefined, until: undefined });
  const list = useInfiniteQuery(queries.changes(host.id, { kind, since, until }));
  const bounded = since !== undefined || until !== undefined;

  const content = () => {
    if (list.isError) {
      return <Failed what="The changes did not load" error={list.error} retry={() => void list.refetch()} />;
    }
    if (list.isPending) return <Skeleton lines={10} label="Loading changes" />;
    const changes = list.data.pages.flatMap((page) => page.items);
    if (changes.length === 0) {
      return kind || bounded ? (
        <Empty
          title={`No change${kind ? ` of ${kindName(kind).toLowerCase()}` : ''} on record${bounded ? ' in that time' : ''}`}
          action={<Button onClick={clear}>Show all changes</Button>}
        />
      ) : (
        <Empty title="Nothing has changed yet">
          What the host was at its first report is not a change. The next difference shows here by itself.
        </Empty>
      );
    }
    return (
      <>
        <ol className="instants">
          {byInstant(changes).map((group) => (
            <li key={group[0].id}>
              <h2>
                <Stamp at={group[0].occurred_at} />
                <span className="muted">
                  <Ago at={group[0].occurred_at} />
                  {group.length > 1 && ` · ${group.length} changes`}
                </span>
              </h2>
              {group.map((change) => (
                <ChangeEntry key={change.id} hostId={host.id} change={change} />
              ))}
            </li>
          ))}
        </ol>
        {list.hasNextPage ? (
          <div className="more">
            <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              Show older changes
            </Button>
          </div>
        ) : (
          <p className="more muted">
            That is all {since ? 'since' : 'since the first report after enrolment,'}{' '}
            <Stamp at={since ?? host.enrolled_at} />.
          </p>
        )}
      </>
    );
  };

  return (
    <section className="card" aria-label="Changes">
      <header>
        <label className="select">
          <span>Kind</span>
          <select value={kind ?? ''} onChange={(event) => filter({ kind: event.target.value || undefined })}>
            <option value="">All kinds</option>
            {kind && !host.kinds.some((each) => each.kind === kind) && (
              <option value={kind}>{kindName(kind)}</option>
            )}
            {host.kinds.map((each) => (
              <option key={each.kind} value={each.kind}>
                {kindName(each.kind)}
              </option>
            ))}
          </select>
        </label>
        <span className="grow" />
        <InstantField label="From" value={since} onChange={(instant) => filter({ since: instant })} />
        <InstantField label="Until" value={until} onChange={(instant) => filter({ until: instant })} />
      </header>
      {content()}
    </section>
  );
}

type Group = [Change, ...Change[]];

/** Neighbours in the list that happened in the same second. */
function byInstant(changes: readonly Change[]): Group[] {
  const groups: Group[] = [];
  for (const change of changes) {
    const last = groups.at(-1);
    if (last && last[0].occurred_at.slice(0, 19) === change.occurred_at.slice(0, 19)) last.push(change);
    else groups.push([change]);
  }
  return groups;
}
