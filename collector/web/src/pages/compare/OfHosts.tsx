import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { queries } from '../../api/queries';
import { useAt } from '../../lib/at';
import { mainFields } from '../../lib/facts';
import { pair } from '../../lib/pair';
import { DiffSwitch } from '../../parts/Diff';
import { Pick } from '../../parts/Pick';
import { HostPicker } from '../../parts/pickers';
import { kindName } from '../../strings/en';
import { comparing, story } from '../../strings/en/decide';
import { Button } from '../../ui/Button';
import { Banner, Empty, Failed } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { Stamp } from '../../ui/Time';
import type { Panel } from './ComparePage';
import { PairEntry } from './PairEntry';

const FIRST_KIND = 'package';
const A_STEP = 50;
const NO_FIELDS: readonly string[] = [];

/** The facts of two hosts, kind by kind. */
export function OfHosts({ view, set }: Panel) {
  const { a, b } = view;
  return (
    <>
      <section className="card" aria-label={comparing.tabs.hosts}>
        <div className="body form">
          <HostPicker label={comparing.first} value={a} onChange={(id) => set({ a: id })} />
          <HostPicker label={comparing.second} value={b} onChange={(id) => set({ b: id })} />
        </div>
      </section>
      <section className="card" aria-label={comparing.sub}>
        {a === undefined || b === undefined ? (
          <Empty title={comparing.noHosts}>{comparing.noHostsWhy}</Empty>
        ) : a === b ? (
          <Empty title={comparing.sameHost} />
        ) : (
          <Both key={`${a} ${b} ${view.kind}`} a={a} b={b} view={view} set={set} />
        )}
      </section>
    </>
  );
}

/** All pages of a kind: it is bounded, and compared as a whole. */
function useAll(host: string, kind: string, at: string | undefined) {
  const query = useInfiniteQuery(queries.facts(host, kind, at));
  const { hasNextPage, isFetching, error, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetching && !error) void fetchNextPage();
  }, [hasNextPage, isFetching, error, fetchNextPage]);
  return query;
}

function Both({ a, b, view, set }: Panel & { a: string; b: string }) {
  const at = useAt();
  const kind = view.kind ?? FIRST_KIND;
  const [one, other] = [useQuery(queries.host(a)), useQuery(queries.host(b))];
  const [first, second] = [useAll(a, kind, at), useAll(b, kind, at)];
  const [shown, setShown] = useState(A_STEP);
  const by = view.fields === 'all' ? NO_FIELDS : mainFields(kind);
  const pairs = useMemo(
    () =>
      pair(
        first.data?.pages.flatMap((page) => page.items) ?? [],
        second.data?.pages.flatMap((page) => page.items) ?? [],
        by,
      ),
    [first.data, second.data, by],
  );
  const names = { before: one.data?.hostname ?? a, after: other.data?.hostname ?? b };
  const kinds = [
    ...new Set([
      kind,
      ...[...(one.data?.kinds ?? []), ...(other.data?.kinds ?? [])].map((each) => each.kind),
    ]),
  ].sort();
  const differ = pairs.filter(({ same }) => !same);
  const list = view.same ? pairs : differ;
  const error = first.error ?? second.error;
  const loading = first.isPending || second.isPending || first.hasNextPage || second.hasNextPage;

  const content = () => {
    if (error) {
      const retry = () => {
        void first.refetch();
        void second.refetch();
      };
      return <Failed what={comparing.factsFailed} error={error} retry={retry} />;
    }
    if (loading) return <Skeleton lines={10} label={comparing.loadingFacts} />;
    if (pairs.length === 0) return <Empty title={comparing.bothNone} />;
    if (list.length === 0) return <Empty title={comparing.allSame} />;
    return (
      <>
        <ol className="instants">
          {list.slice(0, shown).map((each) => (
            <PairEntry key={each.key} pair={each} names={names} view={view.view ?? 'unified'} />
          ))}
        </ol>
        {list.length > shown && (
          <div className="more">
            <Button onClick={() => setShown(shown + A_STEP)}>{story.more(list.length - shown)}</Button>
          </div>
        )}
      </>
    );
  };

  return (
    <>
      <header>
        <Pick
          label={comparing.kind}
          value={view.kind}
          all={kindName(FIRST_KIND)}
          options={kinds
            .filter((each) => each !== FIRST_KIND)
            .map((each) => ({ value: each, word: kindName(each) }))}
          onChange={(next) => set({ kind: next })}
        />
        <label className="check">
          <input
            type="checkbox"
            checked={view.same === 'yes'}
            onChange={({ target }) => set({ same: target.checked ? 'yes' : undefined })}
          />
          {comparing.same}
        </label>
        {mainFields(kind).length > 0 && (
          <label className="check" title={comparing.by(mainFields(kind).join(', '))}>
            <input
              type="checkbox"
              checked={view.fields === 'all'}
              onChange={({ target }) => set({ fields: target.checked ? 'all' : undefined })}
            />
            {comparing.everyField}
          </label>
        )}
        <span className="muted num" role="status">
          {!loading && !error && comparing.count(differ.length, pairs.length - differ.length)}
        </span>
        <span className="grow" />
        <DiffSwitch
          view={view.view ?? 'unified'}
          onChange={(next) => set({ view: next === 'split' ? next : undefined })}
        />
      </header>
      {by.length > 0 && <p className="body muted about">{comparing.by(by.join(', '))}</p>}
      {at && (
        <Banner tone="warn">
          {comparing.past} <Stamp at={at} />
        </Banner>
      )}
      {content()}
    </>
  );
}
