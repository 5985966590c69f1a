import type { ReactNode } from 'react';
import { Problem } from '../api/problem';
import { listText } from '../strings/en/govern/common';
import { Button } from './Button';
import { Empty, Failed } from './Notice';
import { Skeleton } from './Skeleton';

export type Head = string | { label: string; right?: boolean; hidden?: boolean };

/** What a list's query says of itself; pages behind the first where there are any. */
type Asked = {
  isError: boolean;
  isPending: boolean;
  error: Error | null;
  refetch: () => unknown;
  hasNextPage?: boolean;
  isFetchingNextPage?: boolean;
  fetchNextPage?: () => unknown;
};

type Props<T> = {
  /** What is listed, as "accounts": said when it loads, and when it does not. */
  what: string;
  query: Asked;
  items: readonly T[];
  head: readonly Head[];
  row: (item: T) => ReactNode;
  /** What stands where there is nothing. */
  empty: ReactNode;
  lines?: number;
};

/** A table with all that can be true of a list: it loads, fails, is not for whoever looks, is empty, goes on. */
export function Listing<T>({ what, query, items, head, row, empty, lines = 6 }: Props<T>) {
  if (query.isError && query.error)
    return <NotLoaded what={what} error={query.error} retry={query.refetch} />;
  if (query.isPending) return <Skeleton lines={lines} label={listText.loading(what)} />;
  if (items.length === 0 && !query.hasNextPage) return empty;
  return (
    <>
      <section className="scroll" aria-label={listText.listOf(what)} tabIndex={0}>
        <table className="plain">
          <thead>
            <tr>
              {head.map((cell) => (
                <HeadCell key={typeof cell === 'string' ? cell : cell.label} cell={cell} />
              ))}
            </tr>
          </thead>
          <tbody>{items.map(row)}</tbody>
        </table>
      </section>
      {query.hasNextPage && (
        <div className="more">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage?.()}>
            {listText.more(what)}
          </Button>
        </div>
      )}
    </>
  );
}

function HeadCell({ cell }: { cell: Head }) {
  if (typeof cell === 'string') return <th>{cell}</th>;
  return (
    <th className={cell.right ? 'right' : undefined}>
      {cell.hidden ? <span className="sr">{cell.label}</span> : cell.label}
    </th>
  );
}

/** Why something is not there: one may not see it, it does not exist, or it did not load. */
export function NotLoaded({ what, error, retry }: { what: string; error: Error; retry: () => unknown }) {
  if (error instanceof Problem && error.code === 'forbidden')
    return <Empty title={listText.forbidden(what)}>{listText.whomToAsk}</Empty>;
  if (error instanceof Problem && error.status === 404)
    return <Empty title={listText.missing(what)}>{listText.missingWhy}</Empty>;
  return <Failed what={listText.failed(what)} error={error} retry={() => void retry()} />;
}
