/**
 * How hosts stand: asked under `['posture', …]` for the fleet and `['host', id, …]` for one host, with the
 * instant in the view, so that the live feed leaves the past alone.
 */
import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation } from '@tanstack/react-query';
import { api, type Severity, unwrap } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];
export type Tally = Schemas['PostureTally'];
export type Posture = Schemas['Posture'];
export type HostPosture = Schemas['HostPosture'];
export type HostLens = Schemas['HostLensPosture'];
export type Lens = Schemas['LensPosture'];
export type FailingRule = Schemas['FailingRule'];
export type RuleResult = Schemas['RuleResult'];
export type ResultDetail = Schemas['ResultDetail'];
export type Outcome = Schemas['Outcome'];
export type Evidence = Schemas['Evidence'];
export type FleetResult = Schemas['FleetResult'];
export type Status = Schemas['Status'];
export type WaivedBy = Schemas['WaivedBy'];

/** Which part of the fleet, through which rules, and when. */
export type Scope = { group?: string; framework?: string; profile?: string; at?: string };
export type ResultsView = {
  status?: Status;
  framework?: string;
  profile?: string;
  severity?: Severity;
  at?: string;
};

const RESULTS_A_PAGE = 100;
const HOSTS_A_PAGE = 500;
const firstPage = null as string | null;
/** The past does not change. */
const freshFor = (at: string | undefined) => (at ? Number.POSITIVE_INFINITY : undefined);

/** Results are facts of this kind, and so is what the live feed calls them. */
const KIND = 'result';

export const posture = {
  fleet: ({ group, framework, profile, at }: Scope) =>
    queryOptions({
      queryKey: ['posture', 'fleet', { group, framework, profile, at }],
      queryFn: ({ signal }) =>
        unwrap(api.GET('/api/v1/posture', { params: { query: { group, framework, profile, at } }, signal })),
      staleTime: freshFor(at),
    }),

  series: ({ group, framework, profile, at }: Scope) =>
    queryOptions({
      queryKey: ['posture', 'series', { group, framework, profile, at }],
      queryFn: ({ signal }) =>
        unwrap(
          api.GET('/api/v1/posture/series', {
            params: { query: { group, framework, profile, to: at } },
            signal,
          }),
        ),
      staleTime: freshFor(at),
    }),

  lenses: ({ group, at }: Pick<Scope, 'group' | 'at'>) =>
    queryOptions({
      queryKey: ['posture', 'lenses', { group, at }],
      queryFn: ({ signal }) =>
        unwrap(api.GET('/api/v1/posture/lenses', { params: { query: { group, at } }, signal })),
      staleTime: freshFor(at),
    }),

  failing: ({ group, framework, profile, at }: Scope, limit: number) =>
    queryOptions({
      queryKey: ['posture', 'failing', { group, framework, profile, at, limit }],
      queryFn: ({ signal }) =>
        unwrap(
          api.GET('/api/v1/posture/failing', {
            params: { query: { group, framework, profile, at, limit } },
            signal,
          }),
        ),
      placeholderData: keepPreviousData,
      staleTime: freshFor(at),
    }),

  /** The first hosts of a list that begins with the worst. */
  worst: (at: string | undefined, limit: number) =>
    queryOptions({
      queryKey: ['posture', 'worst', { at, limit }],
      queryFn: ({ signal }) =>
        unwrap(api.GET('/api/v1/posture/hosts', { params: { query: { at, limit } }, signal })),
      staleTime: freshFor(at),
    }),

  hosts: ({ group, at }: Pick<Scope, 'group' | 'at'>) =>
    infiniteQueryOptions({
      queryKey: ['posture', 'hosts', { group, at }],
      queryFn: ({ pageParam, signal }) =>
        unwrap(
          api.GET('/api/v1/posture/hosts', {
            params: { query: { group, at, cursor: pageParam ?? undefined, limit: HOSTS_A_PAGE } },
            signal,
          }),
        ),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
      staleTime: freshFor(at),
    }),

  /** What came of a rule on hosts, now: the API has no past of it. */
  ofRule: (rule: string, status: Status | undefined) =>
    infiniteQueryOptions({
      queryKey: ['posture', 'rule', { rule, status }],
      queryFn: ({ pageParam, signal }) =>
        unwrap(
          api.GET('/api/v1/results', {
            params: { query: { rule, status, cursor: pageParam ?? undefined, limit: RESULTS_A_PAGE } },
            signal,
          }),
        ),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
      placeholderData: keepPreviousData,
    }),

  host: (id: string, at: string | undefined) =>
    queryOptions({
      queryKey: ['host', id, 'posture', { kind: KIND, at }],
      queryFn: ({ signal }) =>
        unwrap(api.GET('/api/v1/hosts/{id}/posture', { params: { path: { id }, query: { at } }, signal })),
      placeholderData: keepPreviousData,
      staleTime: freshFor(at),
    }),

  results: (id: string, { status, framework, profile, severity, at }: ResultsView) =>
    infiniteQueryOptions({
      queryKey: ['host', id, 'results', { kind: KIND, status, framework, profile, severity, at }],
      queryFn: ({ pageParam, signal }) =>
        unwrap(
          api.GET('/api/v1/hosts/{id}/results', {
            params: {
              path: { id },
              query: {
                status,
                framework,
                profile,
                severity,
                at,
                cursor: pageParam ?? undefined,
                limit: RESULTS_A_PAGE,
              },
            },
            signal,
          }),
        ),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
      placeholderData: keepPreviousData,
      staleTime: freshFor(at),
    }),

  /** One result with its evidence; `rule` is `id`, or `id@profile`. */
  result: (id: string, rule: string, at: string | undefined) =>
    queryOptions({
      queryKey: ['host', id, 'result', { kind: KIND, rule, at }],
      queryFn: ({ signal }) =>
        unwrap(
          api.GET('/api/v1/hosts/{id}/results/{rule}', {
            params: { path: { id, rule }, query: { at } },
            signal,
          }),
        ),
      staleTime: freshFor(at),
    }),

  waiver: (id: string) =>
    queryOptions({
      queryKey: ['waivers', 'one', id],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/waivers/{id}', { params: { path: { id } }, signal })),
    }),
};

/** Fetches what proves a result, and has the browser keep it as a file. */
export function useProof(id: string, rule: string, at: string | undefined) {
  return useMutation({
    mutationFn: async (name: string) => {
      const proof = await unwrap(
        api.GET('/api/v1/hosts/{id}/results/{rule}/proof', {
          params: { path: { id, rule }, query: { at } },
        }),
      );
      const url = URL.createObjectURL(
        new Blob([`${JSON.stringify(proof, null, 2)}\n`], { type: 'application/json' }),
      );
      const link = document.createElement('a');
      link.href = url;
      link.download = name;
      link.click();
      URL.revokeObjectURL(url);
    },
  });
}

/** Where a result is found: with a further set of values under `rule@profile`. */
export const resultKey = ({ rule, profile }: { rule: string; profile: string | null }): string =>
  profile === null ? rule : `${rule}@${profile}`;
