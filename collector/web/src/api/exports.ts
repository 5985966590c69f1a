/** Views that somebody keeps, and lists taken away as files. */
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, unwrap } from './client';
import type { components } from './schema';

export type SavedQuery = components['schemas']['SavedQuery'];
export type SavedQueryFields = components['schemas']['SavedQueryFields'];
export type ExportList = components['schemas']['ExportList'];
export type ExportFormat = components['schemas']['ExportFormat'];
export type ExportSchedule = components['schemas']['ExportSchedule'];
export type ExportFile = components['schemas']['ExportFile'];
export type ScheduleFields = components['schemas']['ScheduleFields'];

export const FORMATS = ['csv', 'json', 'ndjson', 'xlsx'] as const satisfies readonly ExportFormat[];

/** Names and values of a list's parameters, as the API keeps them. */
export type Filters = Record<string, string>;

/** Those of a view that are set. */
export const toFilters = (view: Record<string, string | undefined>): Filters =>
  Object.fromEntries(Object.entries(view).filter((entry): entry is [string, string] => Boolean(entry[1])));

export const sameFilters = (a: Filters, b: Filters): boolean => {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
};

/** Where a list is to be had as a file: a link, so that the browser streams it to where it keeps files. */
export function exportHref(list: ExportList, filters: Filters, format: ExportFormat): string {
  const asked = new URLSearchParams({ list, format });
  const encoded = new URLSearchParams(filters).toString();
  if (encoded) asked.set('filters', encoded);
  return `/api/v1/export?${asked}`;
}

/** Every view that one keeps or that is shared; a person keeps 200 at most. */
export const savedQueries = () =>
  queryOptions({
    queryKey: ['saved-queries'],
    queryFn: async ({ signal }) => {
      const items: SavedQuery[] = [];
      let cursor: string | null = null;
      do {
        const page: components['schemas']['Page_SavedQuery'] = await unwrap(
          api.GET('/api/v1/saved-queries', {
            params: { query: { limit: 500, cursor: cursor ?? undefined } },
            signal,
          }),
        );
        items.push(...page.items);
        cursor = page.next;
      } while (cursor !== null);
      return items;
    },
  });

export function useSaveQuery() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: SavedQueryFields) => unwrap(api.POST('/api/v1/saved-queries', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['saved-queries'] }),
  });
}

export function useForgetQuery() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api.DELETE('/api/v1/saved-queries/{id}', { params: { path: { id } } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['saved-queries'] });
      await client.invalidateQueries({ queryKey: ['export-schedules'] });
    },
  });
}

export const exportSchedules = () =>
  queryOptions({
    queryKey: ['export-schedules'],
    queryFn: ({ signal }) => unwrap(api.GET('/api/v1/export-schedules', { signal })),
  });

export function useSchedule() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: ScheduleFields) => unwrap(api.POST('/api/v1/export-schedules', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['export-schedules'] }),
  });
}

export function useUnschedule() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api.DELETE('/api/v1/export-schedules/{id}', { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['export-schedules'] }),
  });
}

export const exportFiles = () =>
  infiniteQueryOptions({
    queryKey: ['export-files'],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v1/export-files', { params: { query: { cursor: pageParam ?? undefined } }, signal }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
