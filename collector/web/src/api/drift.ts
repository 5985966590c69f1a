/** Drift: what of hosts is no longer as it was, as stories. */
import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import type { DriftView } from '../lib/search/decide';
import { api, unwrap } from './client';
import type { components } from './schema';

export type DriftStory = components['schemas']['DriftStory'];
export type WholeDrift = components['schemas']['WholeDrift'];
export type DriftChange = components['schemas']['DriftChange'];

const A_PAGE = 50;

export const drifts = (view: DriftView) =>
  infiniteQueryOptions({
    queryKey: ['drifts', { ...view }],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v1/drift', {
          params: { query: { ...view, cursor: pageParam ?? undefined, limit: A_PAGE } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

export const hostDrifts = (id: string, state?: DriftStory['state']) =>
  infiniteQueryOptions({
    queryKey: ['drifts', 'host', id, { state }],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v1/hosts/{id}/drift', {
          params: { path: { id }, query: { state, cursor: pageParam ?? undefined, limit: A_PAGE } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

export const drift = (id: string) =>
  queryOptions({
    queryKey: ['drift', id],
    queryFn: ({ signal }) => unwrap(api.GET('/api/v1/drift/{id}', { params: { path: { id } }, signal })),
  });

export type DriftVerb = 'acknowledge' | 'reopen';

export function useJudgeDrift(id: string) {
  const client = useQueryClient();
  const params = { path: { id } };
  return useMutation({
    mutationFn: ({ verb, note }: { verb: DriftVerb; note: string }) =>
      unwrap(
        verb === 'acknowledge'
          ? api.POST('/api/v1/drift/{id}/acknowledge', { params, body: { note } })
          : api.POST('/api/v1/drift/{id}/reopen', { params, body: { note } }),
      ),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ['drift', id] });
      await client.invalidateQueries({ queryKey: ['drifts'] });
    },
  });
}
