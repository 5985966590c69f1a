import { infiniteQueryOptions } from '@tanstack/react-query';

type Page<T> = { items: T[]; next: string | null };

/** A list that is asked page by page. */
export const paged = <T>(
  key: readonly unknown[],
  ask: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
) =>
  infiniteQueryOptions({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => ask(pageParam ?? undefined, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Page<T>) => page.next,
  });
