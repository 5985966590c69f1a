/** Rules, frameworks and their controls, for whoever names one. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, unwrap } from './client';

const FOUND = 20;

/** The first rules with a text in id or title. */
export const rulesNamed = (q: string) =>
  queryOptions({
    queryKey: ['catalogue', 'rules', q],
    queryFn: ({ signal }) =>
      unwrap(api.GET('/api/v1/rules', { params: { query: { q: q || undefined, limit: FOUND } }, signal })),
    placeholderData: keepPreviousData,
  });

export const rule = (id: string) =>
  queryOptions({
    queryKey: ['catalogue', 'rule', id],
    queryFn: ({ signal }) => unwrap(api.GET('/api/v1/rules/{id}', { params: { path: { id } }, signal })),
    staleTime: 5 * 60_000,
  });

export const frameworks = () =>
  queryOptions({
    queryKey: ['catalogue', 'frameworks'],
    queryFn: ({ signal }) => unwrap(api.GET('/api/v1/frameworks', { signal })),
    staleTime: 5 * 60_000,
  });

export const profiles = () =>
  queryOptions({
    queryKey: ['catalogue', 'profiles'],
    queryFn: ({ signal }) => unwrap(api.GET('/api/v1/profiles', { signal })),
    staleTime: 5 * 60_000,
  });

/** The controls of a framework: some hundred, in its order. */
export const controls = (framework: string) =>
  queryOptions({
    queryKey: ['catalogue', 'controls', framework],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET('/api/v1/frameworks/{id}/controls', {
          params: { path: { id: framework }, query: { limit: 500 } },
          signal,
        }),
      ),
    staleTime: 5 * 60_000,
  });
