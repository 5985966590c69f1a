/** The search over the facts of the whole fleet. */
import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query';
import { api, unwrap } from './client';
import type { components, operations } from './schema';

export type FleetFact = components['schemas']['FleetFact'];
export type FleetValue = components['schemas']['FleetValue'];
type Query = operations['search_facts']['parameters']['query'];

const A_PAGE = 100;

/** `below` is a version that packages come before. */
export type FactSearch = { kind: string; key?: string; where?: string; below?: string; at?: string };

/** `version=1.2` of the URL as the API's `value.version=1.2`, and the version that packages come before. */
export const valueFilters = ({
  where,
  below,
}: Pick<FactSearch, 'where' | 'below'>): Record<string, string> => ({
  ...Object.fromEntries([...new URLSearchParams(where)].map(([field, text]) => [`value.${field}`, text])),
  ...(below && { version_below: below }),
});

export const fleetFacts = ({ kind, key, where, below, at }: FactSearch) =>
  infiniteQueryOptions({
    queryKey: ['fleet-facts', { kind, key, where, below, at }],
    queryFn: ({ pageParam, signal }) => {
      const query: Query = { kind, key, at, cursor: pageParam ?? undefined, limit: A_PAGE };
      return unwrap(
        api.GET('/api/v1/facts', {
          // The document names no parameter for the fields of a value: they are of the kind.
          params: { query: { ...query, ...valueFilters({ where, below }) } },
          signal,
        }),
      );
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    // The past does not change.
    staleTime: at ? Number.POSITIVE_INFINITY : undefined,
  });
