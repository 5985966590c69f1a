import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Problem } from '../api/problem';
import { lists } from '../strings/en/decide';
import { Button } from '../ui/Button';
import { Empty, Failed } from '../ui/Notice';
import { Skeleton } from '../ui/Skeleton';

/** What a list says when it has nothing to show. */
export type ListWords = {
  loading: string;
  failed: string;
  /** What one needs to see it, as the API calls it. */
  permission: string;
  noneTitle: string;
  none: string;
  nothing: string;
  older: string;
};

type Pages<T> = InfiniteData<{ items: T[]; next: string | null }>;

type Props<T> = {
  list: UseInfiniteQueryResult<Pages<T>>;
  words: ListWords;
  /** Whether a filter may be why there is nothing. */
  filtered: boolean;
  onClear: () => void;
  lines?: number;
  children: (items: readonly T[]) => ReactNode;
};

/** A list by pages, and whatever stands in its place: each of these is another thing to know. */
export function Listing<T>({ list, words, filtered, onClear, lines = 8, children }: Props<T>) {
  if (list.isError) {
    return list.error instanceof Problem && list.error.status === 403 ? (
      <Denied permission={words.permission} />
    ) : (
      <Failed what={words.failed} error={list.error} retry={() => void list.refetch()} />
    );
  }
  if (list.isPending) return <Skeleton lines={lines} label={words.loading} />;
  const items = list.data.pages.flatMap((page) => page.items);
  if (items.length === 0 && filtered) {
    return (
      <Empty title={words.nothing} action={<Button onClick={onClear}>{lists.clearFilters}</Button>}>
        {lists.others}
      </Empty>
    );
  }
  if (items.length === 0) return <Empty title={words.noneTitle}>{words.none}</Empty>;
  return (
    <>
      {children(items)}
      {list.hasNextPage && (
        <div className="more">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {words.older}
          </Button>
        </div>
      )}
    </>
  );
}

/** In place of what one may not see. */
export function Denied({ permission }: { permission: string }) {
  return (
    <Empty title={lists.denied}>
      {lists.deniedWhy} <code className="mono">{permission}</code>
    </Empty>
  );
}

/** A table that scrolls in itself, and can be scrolled with the keyboard. */
export function Table({
  label,
  head,
  children,
}: {
  label: string;
  head: readonly string[];
  children: ReactNode;
}) {
  return (
    <section className="scroll" aria-label={lists.table(label)} tabIndex={0}>
      <table className="plain">
        <thead>
          <tr>
            {head.map((cell) =>
              // A column of buttons has no name.
              cell === '' ? <td key="deeds" /> : <th key={cell}>{cell}</th>,
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
