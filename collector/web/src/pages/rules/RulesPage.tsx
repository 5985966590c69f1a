import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import { catalogue } from '../../api/catalogue';
import { useMay } from '../../lib/may';
import { rules as text } from '../../strings/en/catalogue';
import { Button } from '../../ui/Button';
import { Grid } from '../../ui/Grid';
import { useMediaQuery } from '../../ui/kit';
import { NoPermission } from '../../ui/NoPermission';
import { Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { PresentOnly } from '../../ui/PresentOnly';
import { Search } from '../../ui/Search';
import { Skeleton } from '../../ui/Skeleton';
import { COLUMNS, NARROW_COLUMNS } from './columns';
import { RuleFilters } from './RuleFilters';

const route = getRouteApi('/signed-in/rules');

/** Every rule of the collector's content. */
export function RulesPage() {
  const { q, severity, category, framework, profile } = route.useSearch();
  const setView = route.useNavigate();
  const navigate = useNavigate();
  const narrow = useMediaQuery('(max-width: 860px)');
  const allowed = useMay()('rules.read');
  const list = useInfiniteQuery({
    ...catalogue.rules({ q, severity, category, framework }),
    enabled: allowed,
  });
  const profiles = useQuery({ ...catalogue.profiles(), enabled: allowed });
  const { hasNextPage, isFetching, isError, fetchNextPage, data } = list;
  // Content is bounded and wanted whole, so all of its pages are read.
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  const found = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const selected = profile ? profiles.data?.items.find(({ key }) => key === profile) : undefined;
  const shown = useMemo(() => {
    if (!profile) return found;
    const ids = new Set(selected?.rules);
    return found.filter(({ id }) => ids.has(id));
  }, [found, profile, selected]);
  if (!allowed)
    return (
      <NoPermission page={text.title} title={text.noPermission}>
        {text.noPermissionWhy}
      </NoPermission>
    );

  const waits = list.isPending || (profile !== undefined && profiles.isPending);
  const content = () => {
    if (isError) return <Failed what={text.failed} error={list.error} retry={() => void list.refetch()} />;
    if (profile && profiles.error)
      return <Failed what={text.failed} error={profiles.error} retry={() => void profiles.refetch()} />;
    if (waits || (hasNextPage && shown.length === 0)) return <Skeleton lines={12} label={text.loading} />;
    if (shown.length === 0)
      return q || severity || category || framework || profile ? (
        <Empty
          title={text.noMatch}
          action={<Button onClick={() => void setView({ search: {} })}>{text.clear}</Button>}
        />
      ) : (
        <Empty title={text.none}>{text.noneWhy}</Empty>
      );
    return (
      <Grid
        key={`${q} ${severity} ${category} ${framework} ${profile}`}
        label={text.list}
        columns={narrow ? NARROW_COLUMNS : COLUMNS}
        rows={shown}
        total={shown.length}
        onOpen={(rule) => void navigate({ to: '/rules/$id', params: { id: rule.id } })}
      />
    );
  };

  return (
    <Page
      fill
      title={text.title}
      sub={
        <span className="num" role="status">
          {waits ? ' ' : hasNextPage ? text.countSoFar(shown.length) : text.count(shown.length)}
        </span>
      }
    >
      <PresentOnly what={text.catalogue} />
      <section className="card fill" aria-label={text.list}>
        <header>
          <Search
            label={text.search}
            placeholder={text.placeholder}
            value={q ?? ''}
            onSearch={(typed) =>
              void setView({ search: (old) => ({ ...old, q: typed || undefined }), replace: true })
            }
          />
          <RuleFilters found={found} profiles={profiles.data?.items ?? []} />
        </header>
        {content()}
      </section>
    </Page>
  );
}
