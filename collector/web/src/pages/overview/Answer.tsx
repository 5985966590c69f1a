import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { overview as text } from '../../strings/en/overview';
import { Failed } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';

type Props<T> = { query: UseQueryResult<T, Error>; lines: number; children: (data: T) => ReactNode };

/** A part's content once it is here; until then its place, and what went wrong if it does not come. */
export function Answer<T>({ query, lines, children }: Props<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error)
    return <Failed what={text.loadFailed} error={query.error} retry={() => void query.refetch()} />;
  return <Skeleton lines={lines} />;
}
