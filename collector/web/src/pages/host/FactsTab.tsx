import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import type { HostDetail } from '../../api/client';
import { queries } from '../../api/queries';
import { matching, toRow } from '../../lib/facts';
import { kindName, staleText } from '../../strings/en';
import { Button } from '../../ui/Button';
import { Banner, Empty, Failed } from '../../ui/Notice';
import { Search } from '../../ui/Search';
import { Skeleton } from '../../ui/Skeleton';
import { Ago, Stamp } from '../../ui/Time';
import { FactTable } from './FactTable';
import { KindPicker } from './KindPicker';

const route = getRouteApi('/signed-in/hosts/$id');

/** The facts of one kind, now or at any past instant. */
export function FactsTab({ host }: { host: HostDetail }) {
  const { kind = host.kinds[0]?.kind, at } = route.useSearch();

  if (!kind) {
    return (
      <section className="card">
        <Empty title="No facts yet">The agent sends them a few seconds after it first connects.</Empty>
      </section>
    );
  }
  const reported = at ? undefined : host.kinds.find((known) => known.kind === kind);
  const stale = reported?.stale;
  return (
    <>
      {stale && (
        <Banner tone="warn">
          Stale since <Ago at={stale.since} />: {staleText(stale.reason)}
          {stale.detail && ` (${stale.detail})`}.{reported.rows > 0 && ' Shown are the last good facts.'}
        </Banner>
      )}
      <div className="facts" data-past={at ? true : undefined}>
        <KindPicker host={host} kind={kind} at={at} />
        <Facts key={kind} host={host} kind={kind} at={at} stale={Boolean(stale)} />
      </div>
    </>
  );
}

type FactsProps = {
  host: HostDetail;
  kind: string;
  at?: string;
  stale: boolean;
};

function Facts({ host, kind, at, stale }: FactsProps) {
  const { q = '' } = route.useSearch();
  const setView = route.useNavigate();
  const setQuery = (text: string) =>
    void setView({ search: (old) => ({ ...old, q: text || undefined }), replace: true });

  const { data, error, isPending, hasNextPage, isFetching, fetchNextPage, refetch } = useInfiniteQuery(
    queries.facts(host.id, kind, at),
  );
  // A kind is bounded and searched as a whole, so all of its pages are read.
  useEffect(() => {
    if (hasNextPage && !isFetching && !error) void fetchNextPage();
  }, [hasNextPage, isFetching, error, fetchNextPage]);

  const all = useMemo(() => data?.pages.flatMap((page) => page.items.map(toRow)) ?? [], [data]);
  const rows = useMemo(() => matching(all, q), [all, q]);

  const content = () => {
    if (error) return <Failed what="The facts did not load" error={error} retry={() => void refetch()} />;
    if (isPending || (hasNextPage && rows.length === 0)) return <Skeleton lines={10} label="Loading facts" />;
    if (all.length === 0) {
      if (stale) {
        return (
          <Empty title="Not known">
            The agent could not read them, so whether there are any is not known.
          </Empty>
        );
      }
      return at ? (
        <Empty title={`No ${kindName(kind).toLowerCase()} on record then`}>
          The host was enrolled <Stamp at={host.enrolled_at} />; before its first report nothing was known.
        </Empty>
      ) : (
        <Empty title="None">The host has reported that it has none of these.</Empty>
      );
    }
    if (rows.length === 0) {
      return (
        <Empty
          title="Nothing matches"
          action={<Button onClick={() => setQuery('')}>Clear the search</Button>}
        >
          No key and no value has “{q}”.
        </Empty>
      );
    }
    return <FactTable kind={kind} label={kindName(kind)} all={all} rows={rows} />;
  };

  return (
    <section className="card fill" aria-label={kindName(kind)}>
      <header>
        <Search
          label="Search these facts"
          placeholder="Key or value"
          value={q}
          onSearch={setQuery}
          delay={120}
        />
        <span className="num muted grow nowrap" role="status">
          {!isPending && !error && countText(rows.length, all.length, hasNextPage)}
        </span>
      </header>
      {content()}
    </section>
  );
}

function countText(shown: number, all: number, more: boolean): string {
  if (more) return `Loading, ${all.toLocaleString('en')} so far`;
  if (shown < all) return `${shown.toLocaleString('en')} of ${all.toLocaleString('en')}`;
  return `${all.toLocaleString('en')} ${all === 1 ? 'fact' : 'facts'}`;
}
