/** What the overview counts that has no page of its own here: one bounded page each, and whether there is more. */
import { queryOptions } from '@tanstack/react-query';
import { api, type Host, type Severity, unwrap } from './client';

/** The API has no counts of these lists; this many are looked at. */
export const MOST_COUNTED = 500;
const EXPIRING_MS = 30 * 86_400_000;

/** Rows that were looked at, and whether there are others. */
export type Some<T> = { items: T[]; more: boolean };
const some = <T>(page: { items: T[]; next: string | null }): Some<T> => ({
  items: page.items,
  more: page.next !== null,
});

export const overviewQueries = {
  activeAlerts: () =>
    queryOptions({
      queryKey: ['alerts', 'overview'],
      queryFn: async ({ signal }) =>
        some(
          await unwrap(
            api.GET('/api/v1/alerts', {
              params: { query: { state: 'active', limit: MOST_COUNTED } },
              signal,
            }),
          ),
        ),
    }),

  unexplainedDrift: () =>
    queryOptions({
      queryKey: ['drift', 'overview'],
      queryFn: async ({ signal }) =>
        some(
          await unwrap(
            api.GET('/api/v1/drift', {
              params: { query: { state: 'unexplained', limit: MOST_COUNTED } },
              signal,
            }),
          ),
        ),
    }),

  requestedWaivers: () =>
    queryOptions({
      queryKey: ['waivers', 'overview', 'requested'],
      queryFn: async ({ signal }) =>
        some(
          await unwrap(
            api.GET('/api/v1/waivers', {
              params: { query: { state: 'requested', limit: MOST_COUNTED } },
              signal,
            }),
          ),
        ),
    }),

  expiringWaivers: () =>
    queryOptions({
      queryKey: ['waivers', 'overview', 'expiring'],
      queryFn: async ({ signal }) => {
        const before = new Date(Date.now() + EXPIRING_MS).toISOString();
        return some(
          await unwrap(
            api.GET('/api/v1/waivers', {
              params: { query: { expires_before: before, limit: MOST_COUNTED } },
              signal,
            }),
          ),
        );
      },
    }),
};

/** How many hosts are in each of these states: the API counts them. */
export const hostStates = (states: readonly Host['state'][]) =>
  queryOptions({
    queryKey: ['hosts', 'overview', 'states', states],
    queryFn: ({ signal }) =>
      Promise.all(
        states.map(async (state) => {
          const page = await unwrap(
            api.GET('/api/v1/hosts', { params: { query: { state, limit: 1 } }, signal }),
          );
          return { state, count: page.total };
        }),
      ),
  });

const RANK: Record<Severity, number> = { info: 0, low: 1, medium: 2, high: 3, critical: 4 };

/** How many are at least as serious as each severity that is there, the most serious first. */
export function countAtLeast(
  items: readonly { severity: Severity }[],
): { severity: Severity; count: number }[] {
  const levels = (Object.keys(RANK) as Severity[]).sort((a, b) => RANK[b] - RANK[a]);
  return levels
    .filter((level) => items.some((item) => item.severity === level))
    .map((level) => ({
      severity: level,
      count: items.filter((item) => RANK[item.severity] >= RANK[level]).length,
    }));
}
