import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { MetricRange } from '../lib/search/posture';
import { api, unwrap } from './client';

const SECONDS: Record<MetricRange, number> = {
  '1h': 3_600,
  '6h': 21_600,
  '24h': 86_400,
  '7d': 604_800,
  '30d': 2_592_000,
};
/** Agents send their minutes every two minutes. */
const EVERY_MS = 60_000;

export type MetricsView = { range: MetricRange; since?: string; until?: string; at?: string };

/** Series of a host over a range that ends at an instant or now, or between two instants. */
export const hostMetrics = (id: string, name: string, { range, since, until, at }: MetricsView) =>
  queryOptions({
    queryKey: ['host', id, 'metrics', { kind: 'metrics', name, range, since, until, at }],
    queryFn: ({ signal }) => {
      const end = until ?? at ?? new Date().toISOString();
      const from = since ?? new Date(Date.parse(end) - SECONDS[range] * 1000).toISOString();
      return unwrap(
        api.GET('/api/v1/hosts/{id}/metrics', {
          params: { path: { id }, query: { name, from, to: end } },
          signal,
        }),
      );
    },
    placeholderData: keepPreviousData,
    refetchInterval: until || at ? false : EVERY_MS,
  });
