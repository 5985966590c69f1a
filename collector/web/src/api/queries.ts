/**
 * What the console asks, once each. Keys are `['hosts', …]` for lists and `['host', id, …]` for
 * everything about one host, so that a live event can name exactly what it made old; rollouts and alerts
 * likewise.
 */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { HostGrouping, HostsView } from '../lib/search';
import { type Alert, api, type Rollout, type Severity, unwrap } from './client';
import { Problem } from './problem';

export const HOSTS_A_PAGE = 200;
/** A kind of one host is bounded and wanted whole, so its pages are as large as the API gives. */
const FACTS_A_PAGE = 500;
const CHANGES_A_PAGE = 50;
const ALERTS_A_PAGE = 50;
const NOTIFICATIONS_A_PAGE = 30;
/** How often the progress of hosts is asked for while a rollout goes on: no event tells of each. */
const PROGRESS_MS = 5_000;

const firstPage = null as string | null;

export const queries = {
  /** Who is signed in; null when nobody is. */
  session: () =>
    queryOptions({
      queryKey: ['session'],
      queryFn: async ({ signal }) => {
        try {
          return await unwrap(api.GET('/api/v1/session', { signal }));
        } catch (error) {
          if (error instanceof Problem && error.status === 401) return null;
          throw error;
        }
      },
      staleTime: Number.POSITIVE_INFINITY,
    }),

  /** What one can sign in with besides a password. */
  signInWays: () =>
    queryOptions({
      queryKey: ['sign-in-ways'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/session/providers', { signal })),
    }),

  info: () =>
    queryOptions({
      queryKey: ['info'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/info', { signal })),
      staleTime: Number.POSITIVE_INFINITY,
    }),

  /** A page of hosts, with so many others before it: a list of any length can be entered anywhere. */
  hosts: (view: HostsView, offset = 0) =>
    queryOptions({
      queryKey: ['hosts', { ...view }, offset],
      queryFn: ({ signal }) =>
        unwrap(
          api.GET('/api/v1/hosts', {
            params: { query: { ...view, offset: offset || undefined, limit: HOSTS_A_PAGE } },
            signal,
          }),
        ),
    }),

  /** How many of these hosts have what in common. */
  hostCounts: ({ sort: _, ...view }: HostsView, by: HostGrouping) =>
    queryOptions({
      queryKey: ['hosts', 'counts', by, view],
      queryFn: ({ signal }) =>
        unwrap(api.GET('/api/v1/host-counts', { params: { query: { ...view, by } }, signal })),
      placeholderData: keepPreviousData,
    }),

  /** The first few hosts that a word finds; for the palette. */
  hostsNamed: (q: string, limit: number) =>
    queryOptions({
      queryKey: ['hosts', 'named', q, limit],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/hosts', { params: { query: { q, limit } }, signal })),
      placeholderData: keepPreviousData,
    }),

  host: (id: string) =>
    queryOptions({
      queryKey: ['host', id, 'detail'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/hosts/{id}', { params: { path: { id } }, signal })),
    }),

  facts: (id: string, kind: string, at?: string) =>
    infiniteQueryOptions({
      queryKey: ['host', id, 'facts', { kind, at }],
      queryFn: ({ pageParam, signal }) =>
        unwrap(
          api.GET('/api/v1/hosts/{id}/facts', {
            params: {
              path: { id },
              query: { kind, at, cursor: pageParam ?? undefined, limit: FACTS_A_PAGE },
            },
            signal,
          }),
        ),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
      // The past does not change.
      staleTime: at ? Number.POSITIVE_INFINITY : undefined,
    }),

  /** Of which kinds a host had facts at an instant, and how many. */
  kindsThen: (id: string, at: string) =>
    queryOptions({
      queryKey: ['host', id, 'kinds', { at }],
      queryFn: ({ signal }) =>
        unwrap(api.GET('/api/v1/hosts/{id}/kinds', { params: { path: { id }, query: { at } }, signal })),
      placeholderData: keepPreviousData,
      // The past does not change.
      staleTime: Number.POSITIVE_INFINITY,
    }),

  changes: (id: string, view: { kind?: string; since?: string; until?: string } = {}) =>
    infiniteQueryOptions({
      queryKey: ['host', id, 'changes', { kind: view.kind, since: view.since, until: view.until }],
      queryFn: ({ pageParam, signal }) =>
        unwrap(
          api.GET('/api/v1/hosts/{id}/changes', {
            params: {
              path: { id },
              query: {
                kind: view.kind,
                since: view.since,
                until: view.until,
                cursor: pageParam ?? undefined,
                limit: CHANGES_A_PAGE,
              },
            },
            signal,
          }),
        ),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
    }),

  tokens: () =>
    infiniteQueryOptions({
      queryKey: ['tokens'],
      queryFn: ({ pageParam, signal }) =>
        unwrap(
          api.GET('/api/v1/enrollment-tokens', {
            params: { query: { cursor: pageParam ?? undefined } },
            signal,
          }),
        ),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
    }),

  /** Which content the fleet has. */
  content: () =>
    queryOptions({
      queryKey: ['content', 'fleet'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/content', { signal })),
    }),

  contentMode: () =>
    queryOptions({
      queryKey: ['content', 'mode'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/content/mode', { signal })),
    }),

  bundles: () =>
    infiniteQueryOptions({
      queryKey: ['content', 'bundles'],
      queryFn: ({ pageParam, signal }) =>
        unwrap(api.GET('/api/v1/bundles', { params: { query: { cursor: pageParam ?? undefined } }, signal })),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
    }),

  bundle: (serial: number) =>
    queryOptions({
      queryKey: ['content', 'bundle', serial],
      queryFn: ({ signal }) =>
        unwrap(api.GET('/api/v1/bundles/{serial}', { params: { path: { serial } }, signal })),
    }),

  rollouts: () =>
    infiniteQueryOptions({
      queryKey: ['rollouts'],
      queryFn: ({ pageParam, signal }) =>
        unwrap(
          api.GET('/api/v1/rollouts', { params: { query: { cursor: pageParam ?? undefined } }, signal }),
        ),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
    }),

  rollout: (id: string) =>
    queryOptions({
      queryKey: ['rollout', id, 'detail'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/rollouts/{id}', { params: { path: { id } }, signal })),
      refetchInterval: ({ state }) => (state.data && isOver(state.data.state) ? false : PROGRESS_MS),
    }),

  rolloutEvents: (id: string) =>
    infiniteQueryOptions({
      queryKey: ['rollout', id, 'events'],
      queryFn: ({ pageParam, signal }) =>
        unwrap(
          api.GET('/api/v1/rollouts/{id}/events', {
            params: { path: { id }, query: { cursor: pageParam ?? undefined } },
            signal,
          }),
        ),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
    }),

  prediction: (id: string) =>
    queryOptions({
      queryKey: ['rollout', id, 'prediction'],
      queryFn: ({ signal }) =>
        unwrap(api.GET('/api/v1/rollouts/{id}/prediction', { params: { path: { id } }, signal })),
    }),

  /** Alerts that stand so; those that are not resolved when no state is named. */
  alerts: (view: { state?: Alert['state']; severity?: Severity; host?: string } = {}) =>
    infiniteQueryOptions({
      queryKey: ['alerts', { state: view.state, severity: view.severity, host: view.host }],
      queryFn: ({ pageParam, signal }) =>
        unwrap(
          api.GET('/api/v1/alerts', {
            params: {
              query: {
                state: view.state,
                severity: view.severity,
                host: view.host,
                cursor: pageParam ?? undefined,
                limit: ALERTS_A_PAGE,
              },
            },
            signal,
          }),
        ),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
      placeholderData: keepPreviousData,
    }),

  alert: (id: string) =>
    queryOptions({
      queryKey: ['alert', id],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/alerts/{id}', { params: { path: { id } }, signal })),
    }),

  /** How much one has not looked at. */
  unread: () =>
    queryOptions({
      queryKey: ['notifications', 'unread'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/notifications/unread', { signal })),
    }),

  /** What one was told. */
  notifications: () =>
    infiniteQueryOptions({
      queryKey: ['notifications', 'list'],
      queryFn: ({ pageParam, signal }) =>
        unwrap(
          api.GET('/api/v1/notifications', {
            params: { query: { cursor: pageParam ?? undefined, limit: NOTIFICATIONS_A_PAGE } },
            signal,
          }),
        ),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
    }),

  /** What one wants to be told, where and when. */
  preferences: () =>
    queryOptions({
      queryKey: ['preferences'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/account/notification-preferences', { signal })),
    }),

  /** Every group; a fleet has some dozen. */
  groups: () =>
    queryOptions({
      queryKey: ['groups'],
      queryFn: ({ signal }) =>
        unwrap(api.GET('/api/v1/groups', { params: { query: { limit: 500 } }, signal })),
    }),
};

const isOver = (state: Rollout['state']): boolean => ['halted', 'completed', 'rolled_back'].includes(state);
