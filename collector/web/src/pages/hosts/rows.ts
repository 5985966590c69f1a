import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import type { Host } from '../../api/client';
import { HOSTS_A_PAGE, queries } from '../../api/queries';
import { useRested } from '../../lib/rested';
import type { HostsView } from '../../lib/search';

/** Pages that are only flown over are not asked for. */
const REST_MS = 80;
/** Rows before and after those that are drawn which are fetched with them, so that a slow scroll meets no gap. */
const AHEAD = 50;

const NO_PAGES: readonly number[] = [];

type Seen = { of: string; pages: readonly number[] };

/** The hosts of a list that is longer than a page should hold: those near what is in view; the others are holes. */
export function useHostRows(view: HostsView, question: string) {
  const [seen, setSeen] = useState<Seen>({ of: question, pages: NO_PAGES });
  const rested = useRested(seen, REST_MS);
  // The first page says how many there are in all, wherever one looks.
  const list = useQuery({ ...queries.hosts(view), placeholderData: keepPreviousData });
  const total = list.data?.total ?? 0;
  const pages = useMemo(
    () => (rested.of === question ? rested.pages.filter((page) => page * HOSTS_A_PAGE < total) : NO_PAGES),
    [rested, question, total],
  );
  const windows = useQueries({
    queries: pages.map((page) => queries.hosts(view, page * HOSTS_A_PAGE)),
    combine: (results) => results.map(({ data }) => data?.items),
  });
  const onView = useCallback(
    (first: number, last: number) =>
      setSeen((old) => {
        const pages = pagesAbout(first, last);
        return old.of === question && old.pages.join() === pages.join() ? old : { of: question, pages };
      }),
    [question],
  );
  const rows = useMemo(() => {
    const sparse: Host[] = [];
    const put = (page: number, items: readonly Host[] | undefined) =>
      items?.forEach((host, index) => {
        sparse[page * HOSTS_A_PAGE + index] = host;
      });
    put(0, list.data?.items);
    pages.forEach((page, index) => {
      put(page, windows[index]);
    });
    return sparse;
  }, [list.data, pages, windows]);
  return { list, rows, onView };
}

/** The pages of these rows, but for the first, which is always there. */
export function pagesAbout(first: number, last: number): number[] {
  const from = Math.max(1, Math.floor((first - AHEAD) / HOSTS_A_PAGE));
  const to = Math.floor((last + AHEAD) / HOSTS_A_PAGE);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}
