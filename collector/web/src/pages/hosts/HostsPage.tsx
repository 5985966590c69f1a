import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import type { Host } from '../../api/client';
import { toFilters } from '../../api/exports';
import { Problem } from '../../api/problem';
import type { HostsView } from '../../lib/search';
import { Chips } from '../../parts/Chips';
import { Denied } from '../../parts/Listing';
import { Views } from '../../parts/Views';
import { plural } from '../../strings/en';
import { hostsWords, lists } from '../../strings/en/decide';
import { Button } from '../../ui/Button';
import { Grid } from '../../ui/Grid';
import { useMediaQuery } from '../../ui/kit';
import { Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Skeleton } from '../../ui/Skeleton';
import { Chosen } from './Chosen';
import { ColumnPicker } from './ColumnPicker';
import { CARD, CARD_HEIGHT, columnsOf } from './columns';
import { FirstRun } from './FirstRun';
import { chipsOf, HostFilters } from './HostFilters';
import { HostGroups } from './HostGroups';
import { useHostRows } from './rows';
import { Shape } from './Shape';

const route = getRouteApi('/signed-in/hosts');
const DEFAULT_SORT = 'hostname';
const NONE: ReadonlyMap<string, Host> = new Map();

/** Every host, or those that match; columns, order and filters are in the URL. */
export function HostsPage() {
  const search = route.useSearch();
  const { sort = DEFAULT_SORT, cols, q, state, os, group, label, content: bundle, build, by } = search;
  const setView = route.useNavigate();
  const navigate = useNavigate();
  const narrow = useMediaQuery('(max-width: 640px)');
  // The default order is left out of the question, so that the count in the navigation is the same question.
  const order = sort === DEFAULT_SORT ? undefined : sort;
  const view: HostsView = { q, sort: order, state, os, group, label, content: bundle, build };
  const cards = narrow || search.view === 'cards';
  const set = (part: Partial<HostsView>, replace = false) =>
    void setView({ search: (old) => ({ ...old, ...part }), replace });
  const chips = chipsOf(view, set);
  const clear = () =>
    void setView({ search: ({ at, sort, cols, by, view }) => ({ at, sort, cols, by, view }) });

  const question = JSON.stringify(view);
  const { list, rows, onView } = useHostRows(view, question);
  const total = list.data?.total ?? 0;
  // Of a question; another one has other hosts. Those that were scrolled out of view stay chosen.
  const [choice, setChoice] = useState({ of: question, all: false, hosts: NONE });
  const { all, hosts: chosen } = choice.of === question ? choice : { all: false, hosts: NONE };
  const toggle = useCallback(
    (host: Host) =>
      setChoice((old) => {
        const hosts = new Map(old.of === question ? old.hosts : NONE);
        if (!hosts.delete(host.id)) hosts.set(host.id, host);
        return { of: question, all: false, hosts };
      }),
    [question],
  );
  const columns = useMemo(() => columnsOf(cols), [cols]);
  const selection = useMemo(
    () => ({
      isChosen: ({ id }: Host) => all || chosen.has(id),
      labelOf: ({ hostname }: Host) => hostname,
      onToggle: toggle,
    }),
    [all, chosen, toggle],
  );

  if (list.isSuccess && total === 0 && chips.length === 0 && !list.isPlaceholderData) return <FirstRun />;

  const content = () => {
    if (list.isError && list.error instanceof Problem && list.error.status === 403)
      return <Denied permission="hosts.read" />;
    if (list.isError) {
      return <Failed what="The hosts did not load" error={list.error} retry={() => void list.refetch()} />;
    }
    if (list.isPending) return <Skeleton lines={12} label="Loading hosts" />;
    if (total === 0) {
      return (
        <Empty title={hostsWords.none} action={<Button onClick={clear}>{lists.clearFilters}</Button>}>
          {hostsWords.noneWhy}
        </Empty>
      );
    }
    if (by) {
      return (
        <HostGroups
          view={view}
          by={by}
          open={search.open}
          onOpen={(open) => void setView({ search: (old) => ({ ...old, open }) })}
          onAll={(part) =>
            void setView({ search: (old) => ({ ...old, ...part, by: undefined, open: undefined }) })
          }
        />
      );
    }
    return (
      <Grid
        // Another question starts at its first row.
        key={`${question} ${cards}`}
        label="Hosts"
        columns={cards ? CARD : columns}
        height={cards ? CARD_HEIGHT : undefined}
        rows={rows}
        total={total}
        onView={onView}
        onOpen={(host) => void navigate({ to: '/hosts/$id', params: { id: host.id } })}
        selection={selection}
        sort={sort}
        onSort={(next) => set({ sort: next === DEFAULT_SORT ? undefined : next })}
      />
    );
  };

  return (
    <Page
      fill
      title="Hosts"
      sub={
        <span className="num" role="status">
          {countText(list, total, chips.length > 0)}
        </span>
      }
      actions={
        <>
          <Views
            list="hosts"
            filters={toFilters(view)}
            onApply={(filters) =>
              void setView({ search: ({ at, cols, by, view }) => ({ at, cols, by, view, ...filters }) })
            }
          />
          <ColumnPicker
            cols={cols}
            onChange={(next) => void setView({ search: (old) => ({ ...old, cols: next }) })}
          />
          <Link className="btn primary" to="/enrol">
            Enrol hosts
          </Link>
        </>
      }
    >
      <section className="card fill" aria-label="Host list">
        <header>
          <HostFilters view={view} set={set} />
          <Shape
            by={by}
            cards={search.view === 'cards'}
            onBy={(next) => void setView({ search: (old) => ({ ...old, by: next, open: undefined }) })}
            onCards={(on) =>
              void setView({ search: (old) => ({ ...old, view: on ? ('cards' as const) : undefined }) })
            }
          />
          <Chips chips={chips} onClear={clear} />
        </header>
        <Chosen
          hosts={[...chosen.values()]}
          all={all}
          total={total}
          filters={toFilters(view)}
          onAll={() => setChoice({ of: question, all: true, hosts: chosen })}
          onClear={() => setChoice({ of: question, all: false, hosts: NONE })}
        />
        {content()}
      </section>
    </Page>
  );
}

/** What is counted for another question is not the answer to this one. */
const countText = (
  { isSuccess, isPlaceholderData }: { isSuccess: boolean; isPlaceholderData: boolean },
  total: number,
  filtered: boolean,
): string => {
  if (!isSuccess) return ' ';
  if (isPlaceholderData) return hostsWords.counting;
  return filtered ? hostsWords.matching(total) : plural(total, 'host');
};
