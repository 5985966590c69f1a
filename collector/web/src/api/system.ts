/** The collector itself: its authority, its jobs, how its hosts stand. */
import { queryOptions, useQueries } from '@tanstack/react-query';
import { useChange } from './change';
import { api, type Host, unwrap } from './client';
import { paged } from './page';
import type { components } from './schema';

export type Job = components['schemas']['Job'];
type JobState = Job['state'];

export const system = {
  authority: () =>
    queryOptions({
      queryKey: ['authority'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/authority', { signal })),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  jobs: (state: JobState | undefined) => ({
    ...paged(['jobs', 'list', state], (cursor, signal) =>
      unwrap(api.GET('/api/v1/jobs', { params: { query: { state, cursor } }, signal })),
    ),
    staleTime: 0,
  }),
};

export const useRetryJob = () =>
  useChange(
    (id: string) => unwrap(api.POST('/api/v1/jobs/{id}/retry', { params: { path: { id } } })),
    ['jobs', 'deliveries'],
  );

/** How many hosts stand so, as the collector counts them: a question for each state. */
export function useHostCounts(states: readonly Host['state'][]) {
  return useQueries({
    queries: states.map((state) =>
      queryOptions({
        queryKey: ['hosts', 'count', state],
        queryFn: async ({ signal }) => {
          const query = { state, limit: 1 };
          return (await unwrap(api.GET('/api/v1/hosts', { params: { query }, signal }))).total;
        },
      }),
    ),
    combine: (answers) => ({
      isPending: answers.some((answer) => answer.isPending),
      error: answers.find((answer) => answer.error)?.error ?? null,
      refetch: () => {
        for (const answer of answers) void answer.refetch();
      },
      counts: states.map((state, index) => ({ state, count: answers[index]?.data ?? 0 })),
    }),
  });
}
