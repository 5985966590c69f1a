/** The feed of all that happens. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { ActivityView } from '../lib/search/decide';
import { api, unwrap } from './client';
import type { components } from './schema';

export type ActivityEntry = components['schemas']['ActivityEntry'];

const A_PAGE = 50;
/** More news than these are "99+". */
export const MOST_NEWS = 99;
/** The feed of events does not tell of everything that stands here, such as deeds; so it is asked for. */
const NEWS_MS = 5_000;

/** What happened, as it was when it was asked for: it grows at its end alone, and never under whoever reads it. */
export const activity = (view: ActivityView) =>
  infiniteQueryOptions({
    queryKey: ['activity', { ...view }],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v1/activity', {
          params: { query: { ...view, cursor: pageParam ?? undefined, limit: A_PAGE } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchOnMount: 'always',
  });

/** What happened since the newest entry that is shown, that one included. */
export const activityNews = (view: ActivityView, since: string | undefined) =>
  queryOptions({
    queryKey: ['activity-news', { ...view, since }],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET('/api/v1/activity', {
          params: { query: { ...view, since, limit: MOST_NEWS + 1 } },
          signal,
        }),
      ),
    refetchInterval: NEWS_MS,
  });

/** Names an entry: the feed gives none an identity of its own. */
export const entryKey = (entry: ActivityEntry): string =>
  [entry.at, entry.source, entry.what, entry.about.kind, entry.about.id, entry.host?.id].join(' ');
