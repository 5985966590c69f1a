/** Two instants held against each other, and instants that somebody keeps: baselines. */
import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { api, unwrap } from './client';
import type { components } from './schema';

export type Baseline = components['schemas']['Baseline'];
export type BaselineFact = components['schemas']['BaselineFact'];
export type NewBaseline = components['schemas']['NewBaseline'];
export type PostureTurn = components['schemas']['PostureTurn'];

const A_PAGE = 100;
const firstPage = null as string | null;

export type Instants = {
  from: string;
  to?: string;
  host?: string;
  group?: string;
  framework?: string;
  profile?: string;
};

export const instants = (asked: Instants) =>
  infiniteQueryOptions({
    queryKey: ['compare', 'instants', { ...asked }],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v1/posture/compare', {
          params: { query: { ...asked, cursor: pageParam ?? undefined, limit: A_PAGE } },
          signal,
        }),
      ),
    initialPageParam: firstPage,
    getNextPageParam: (page) => page.next,
  });

export const baselines = (view: { host?: string; group?: string }) =>
  infiniteQueryOptions({
    queryKey: ['baselines', { host: view.host, group: view.group }],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v1/baselines', {
          params: {
            query: { host: view.host, group: view.group, cursor: pageParam ?? undefined, limit: A_PAGE },
          },
          signal,
        }),
      ),
    initialPageParam: firstPage,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

export const baseline = (id: string) =>
  queryOptions({
    queryKey: ['baseline', id],
    queryFn: ({ signal }) => unwrap(api.GET('/api/v1/baselines/{id}', { params: { path: { id } }, signal })),
  });

export const baselineResults = (id: string, to?: string) =>
  infiniteQueryOptions({
    queryKey: ['compare', 'baseline', id, 'results', { to }],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v1/baselines/{id}/compare', {
          params: { path: { id }, query: { to, cursor: pageParam ?? undefined, limit: A_PAGE } },
          signal,
        }),
      ),
    initialPageParam: firstPage,
    getNextPageParam: (page) => page.next,
  });

export const baselineFacts = (id: string, kind?: string, to?: string) =>
  infiniteQueryOptions({
    queryKey: ['compare', 'baseline', id, 'facts', { kind, to }],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v1/baselines/{id}/facts', {
          params: { path: { id }, query: { kind, to, cursor: pageParam ?? undefined, limit: A_PAGE } },
          signal,
        }),
      ),
    initialPageParam: firstPage,
    getNextPageParam: (page) => page.next,
  });

function useOldThen() {
  const client = useQueryClient();
  return async () => {
    for (const key of ['baselines', 'baseline', 'compare'])
      await client.invalidateQueries({ queryKey: [key] });
  };
}

export function usePinBaseline() {
  const old = useOldThen();
  return useMutation({
    mutationFn: (body: NewBaseline) => unwrap(api.POST('/api/v1/baselines', { body })),
    onSuccess: old,
  });
}

export function usePromoteBaseline(id: string) {
  const old = useOldThen();
  return useMutation({
    mutationFn: () => unwrap(api.POST('/api/v1/baselines/{id}/promote', { params: { path: { id } } })),
    onSuccess: old,
  });
}

export function useDeleteBaseline(id: string) {
  const old = useOldThen();
  return useMutation({
    mutationFn: () => unwrap(api.DELETE('/api/v1/baselines/{id}', { params: { path: { id } } })),
    onSuccess: old,
  });
}
