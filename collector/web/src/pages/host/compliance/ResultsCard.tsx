import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { HostDetail } from '../../../api/client';
import { type HostLens, posture, resultKey } from '../../../api/posture';
import { compliance as text } from '../../../strings/en/compliance';
import { Button } from '../../../ui/Button';
import { Empty, Failed } from '../../../ui/Notice';
import { Skeleton } from '../../../ui/Skeleton';
import { ResultFilters } from './ResultFilters';
import { ResultRow } from './ResultRow';

const route = getRouteApi('/signed-in/hosts/$id');

type Props = { host: HostDetail; at: string | undefined; lenses: readonly HostLens[] };

/** What came of each rule: those that fail, unless something else is asked for. */
export function ResultsCard({ host, at, lenses }: Props) {
  const { status = 'fail', framework, profile, severity } = route.useSearch();
  const setView = route.useNavigate();
  const list = useInfiniteQuery(
    posture.results(host.id, {
      status: status === 'all' ? undefined : status,
      framework,
      profile,
      severity,
      at,
    }),
  );
  const results = list.data?.pages.flatMap((page) => page.items) ?? [];
  const counts = list.data?.pages[0]?.counts ?? null;
  const narrowed = framework !== undefined || profile !== undefined || severity !== undefined;
  const known = counts !== null && Object.values(counts).some((count) => count > 0);
  const clear = () =>
    void setView({
      search: (old) => ({
        ...old,
        status: 'all',
        framework: undefined,
        profile: undefined,
        severity: undefined,
      }),
    });

  const content = () => {
    if (list.isError)
      return <Failed what={text.failed} error={list.error} retry={() => void list.refetch()} />;
    if (list.isPending) return <Skeleton lines={10} label={text.loading} />;
    if (results.length === 0) {
      if (!known && !narrowed)
        return at ? (
          <Empty title={text.nothingThen}>{text.nothingThenWhy}</Empty>
        ) : (
          <Empty title={text.nothing}>{text.nothingWhy}</Empty>
        );
      if (status === 'fail' && !narrowed)
        return (
          <Empty title={text.noFail} action={<Button onClick={clear}>{text.showAll}</Button>}>
            {text.noFailWhy}
          </Empty>
        );
      return <Empty title={text.noMatch} action={<Button onClick={clear}>{text.clear}</Button>} />;
    }
    return (
      <>
        <section className="scroll" aria-label={text.listOf} tabIndex={0}>
          <table className="plain results">
            <thead>
              <tr>
                <th>{text.rule}</th>
                <th>{text.severity}</th>
                <th>{text.verdict}</th>
                <th>{text.sinceHead}</th>
              </tr>
            </thead>
            <tbody>
              {results.map((result) => (
                <ResultRow key={resultKey(result)} id={host.id} result={result} />
              ))}
            </tbody>
          </table>
        </section>
        {list.hasNextPage && (
          <div className="more">
            <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              {text.more}
            </Button>
          </div>
        )}
      </>
    );
  };

  return (
    <section className="card" aria-label={text.results} aria-busy={list.isPlaceholderData}>
      <ResultFilters id={host.id} counts={counts} lenses={lenses} />
      {content()}
    </section>
  );
}
