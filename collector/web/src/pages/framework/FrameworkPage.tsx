import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import { catalogue } from '../../api/catalogue';
import { posture } from '../../api/posture';
import { Problem } from '../../api/problem';
import { useAt } from '../../lib/at';
import { matchingControls } from '../../lib/controls';
import { useMay } from '../../lib/may';
import { framework as text } from '../../strings/en/catalogue';
import { Button } from '../../ui/Button';
import { Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Score } from '../../ui/Score';
import { Skeleton } from '../../ui/Skeleton';
import { ControlFilters } from './ControlFilters';
import { ControlRow } from './ControlRow';

const route = getRouteApi('/signed-in/frameworks/$key');

/** The controls of a framework, and which rules decide them. */
export function FrameworkPage() {
  const { key } = route.useParams();
  const { level, q, show } = route.useSearch();
  const setView = route.useNavigate();
  const frameworks = useQuery(catalogue.frameworks());
  const list = useInfiniteQuery(catalogue.controls(key, level));
  const { hasNextPage, isFetching, isError, fetchNextPage, data } = list;
  // A framework is bounded and searched as a whole, so all of its pages are read.
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  const all = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const shown = useMemo(() => matchingControls(all, q ?? '', show), [all, q, show]);
  const drawn = all.some((control) => Object.keys(control.from).length > 0);
  const about = frameworks.data?.items.find((each) => each.key === key);

  if (isError && list.error instanceof Problem && list.error.status === 404)
    return (
      <Page title={text.gone}>
        <section className="card">
          <Empty
            title={text.goneTitle}
            action={
              <Link className="btn" to="/frameworks">
                {text.all}
              </Link>
            }
          >
            <code className="mono">{key}</code>
          </Empty>
        </section>
      </Page>
    );

  const content = () => {
    if (isError) return <Failed what={text.failed} error={list.error} retry={() => void list.refetch()} />;
    if (list.isPending || (hasNextPage && shown.length === 0))
      return <Skeleton lines={12} label={text.loading} />;
    if (shown.length === 0)
      return (
        <Empty
          title={text.noMatch}
          action={<Button onClick={() => void setView({ search: {} })}>{text.clear}</Button>}
        />
      );
    return (
      <section className="scroll" aria-label={text.list} tabIndex={0}>
        <table className="plain controls">
          <thead>
            <tr>
              <th>{text.control}</th>
              <th>{text.levels}</th>
              <th>{text.coverage}</th>
              <th>{text.rules}</th>
              {drawn && <th>{text.from}</th>}
            </tr>
          </thead>
          <tbody>
            {shown.map((control) => (
              <ControlRow key={control.id} control={control} drawn={drawn} />
            ))}
          </tbody>
        </table>
      </section>
    );
  };
  return (
    <Page
      title={key}
      sub={
        <>
          {about && (
            <span className="num">{text.summary(about.covered, about.automated, about.controls)}</span>
          )}
          <LensScore framework={key} />
        </>
      }
      actions={
        <Link className="btn" to="/findings" search={{ framework: key }}>
          {text.findings}
        </Link>
      }
    >
      <section className="card" aria-label={text.controls} aria-busy={list.isPlaceholderData}>
        <ControlFilters levels={about?.levels ?? []} shown={shown.length} all={all.length} />
        {content()}
      </section>
    </Page>
  );
}

function LensScore({ framework }: { framework: string }) {
  const at = useAt();
  const fleet = useQuery({ ...posture.fleet({ framework, at }), enabled: useMay()('results.read') });
  if (!fleet.data) return null;
  return (
    <span className="nowrap">
      {text.score} <Score of={fleet.data.score} />, <Score of={fleet.data.score_with_waivers} />{' '}
      {text.withWaivers}
    </span>
  );
}
