import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Host } from '../../api/client';
import { queries } from '../../api/queries';
import { Button } from '../../ui/Button';
import { Grid } from '../../ui/Grid';
import { useMediaQuery } from '../../ui/kit';
import { Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Search } from '../../ui/Search';
import { Skeleton } from '../../ui/Skeleton';
import { COLUMNS, NARROW_COLUMNS } from './columns';
import { FirstRun } from './FirstRun';

const route = getRouteApi('/signed-in/hosts');
const DEFAULT_SORT = 'hostname';
const NONE: Host[] = [];

export function HostsPage() {
  const { q, sort = DEFAULT_SORT } = route.useSearch();
  const setView = route.useNavigate();
  const navigate = useNavigate();
  const narrow = useMediaQuery('(max-width: 640px)');

  // The default order is left out of the question, so that the count in the navigation is the same question.
  const list = useInfiniteQuery(queries.hosts({ q, sort: sort === DEFAULT_SORT ? undefined : sort }));
  const { hasNextPage, isFetching, fetchNextPage } = list;
  const pages = list.data?.pages;
  const hosts = useMemo(() => pages?.flatMap((page) => page.items) ?? NONE, [pages]);
  const total = pages?.[0]?.total ?? 0;

  if (list.isSuccess && total === 0 && !q && !list.isPlaceholderData) return <FirstRun />;

  const content = () => {
    if (list.isError) {
      return <Failed what="The hosts did not load" error={list.error} retry={() => void list.refetch()} />;
    }
    if (list.isPending) return <Skeleton lines={12} label="Loading hosts" />;
    if (total === 0) {
      return (
        <Empty
          title="No host matches"
          action={
            <Button onClick={() => void setView({ search: (old) => ({ ...old, q: undefined }) })}>
              Clear the search
            </Button>
          }
        >
          Nothing has “{q}” in its name, operating system, group or id.
        </Empty>
      );
    }
    return (
      <Grid
        // Another question starts at its first row.
        key={`${q ?? ''} ${sort}`}
        label="Hosts"
        columns={narrow ? NARROW_COLUMNS : COLUMNS}
        rows={hosts}
        total={total}
        onEnd={() => {
          if (hasNextPage && !isFetching) void fetchNextPage();
        }}
        onOpen={(host) => void navigate({ to: '/hosts/$id', params: { id: host.id } })}
        sort={sort}
        onSort={(next) =>
          void setView({ search: (old) => ({ ...old, sort: next === DEFAULT_SORT ? undefined : next }) })
        }
      />
    );
  };

  return (
    <Page
      fill
      title="Hosts"
      sub={
        <span className="num" role="status">
          {list.isSuccess ? countText(total, q) : ' '}
        </span>
      }
      actions={
        <Link className="btn primary" to="/enrol">
          Enrol hosts
        </Link>
      }
    >
      <section className="card fill" aria-label="Host list">
        <header>
          <Search
            label="Search hosts"
            placeholder="Name, system, group or id"
            value={q ?? ''}
            onSearch={(text) =>
              void setView({ search: (old) => ({ ...old, q: text || undefined }), replace: true })
            }
          />
        </header>
        {content()}
      </section>
    </Page>
  );
}

function countText(total: number, q: string | undefined): string {
  const count = total.toLocaleString('en');
  const noun = total === 1 ? 'host' : 'hosts';
  return q ? `${count} ${noun} ${total === 1 ? 'matches' : 'match'} “${q}”` : `${count} ${noun}`;
}
