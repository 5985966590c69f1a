/** The collector's content: rules, frameworks, profiles. It is bounded, and the same until content changes. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, type Severity, unwrap } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];
export type Rule = Schemas['Page_Rule']['items'][number];
export type RuleDetail = Schemas['RuleDetail'];
export type Framework = Schemas['Framework'];
export type Control = Schemas['Control'];
export type Profile = Schemas['Profile'];
export type RulesView = { q?: string; severity?: Severity; category?: string; framework?: string };

const A_PAGE = 500;
const firstPage = null as string | null;

export const catalogue = {
  /** Rules, in pages as large as the API gives: the list is wanted whole. */
  rules: ({ q, severity, category, framework }: RulesView) =>
    infiniteQueryOptions({
      queryKey: ['catalogue', 'rules', { q, severity, category, framework }],
      queryFn: ({ pageParam, signal }) =>
        unwrap(
          api.GET('/api/v1/rules', {
            params: {
              query: { q, severity, category, framework, cursor: pageParam ?? undefined, limit: A_PAGE },
            },
            signal,
          }),
        ),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
      placeholderData: keepPreviousData,
    }),

  /** A rule with its text, and how many hosts have each verdict: which is why it is under `posture`. */
  rule: (id: string) =>
    queryOptions({
      queryKey: ['posture', 'rule-detail', id],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/rules/{id}', { params: { path: { id } }, signal })),
    }),

  frameworks: () =>
    queryOptions({
      queryKey: ['catalogue', 'frameworks'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/frameworks', { signal })),
    }),

  controls: (id: string, level: string | undefined) =>
    infiniteQueryOptions({
      queryKey: ['catalogue', 'controls', id, level],
      queryFn: ({ pageParam, signal }) =>
        unwrap(
          api.GET('/api/v1/frameworks/{id}/controls', {
            params: { path: { id }, query: { level, cursor: pageParam ?? undefined, limit: A_PAGE } },
            signal,
          }),
        ),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
      placeholderData: keepPreviousData,
    }),

  profiles: () =>
    queryOptions({
      queryKey: ['catalogue', 'profiles'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/profiles', { signal })),
    }),
};

const FOUND = 20;

/** The first rules with a text in id or title. */
export const rulesNamed = (q: string) =>
  queryOptions({
    queryKey: ['catalogue', 'rules', q],
    queryFn: ({ signal }) =>
      unwrap(api.GET('/api/v1/rules', { params: { query: { q: q || undefined, limit: FOUND } }, signal })),
    placeholderData: keepPreviousData,
  });

/** The controls of a framework: some hundred, in its order. */
export const controlsOf = (framework: string) =>
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
