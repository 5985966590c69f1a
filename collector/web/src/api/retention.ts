/** How long history is kept, and hosts that are no more. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { useChange } from './change';
import { api, unwrap } from './client';
import { paged } from './page';
import type { components } from './schema';
import { tagged } from './tagged';

export type Retention = components['schemas']['Retention'];
export type HostArchive = components['schemas']['HostArchive'];

export const retention = {
  kinds: () =>
    queryOptions({
      queryKey: ['retention', 'kinds'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/retention', { signal })),
    }),
  kind: (id: string) =>
    queryOptions({
      queryKey: ['retention', 'kind', id],
      queryFn: ({ signal }) =>
        tagged(api.GET('/api/v1/retention/{id}', { params: { path: { id } }, signal })),
    }),
  /** What would go if it were kept for so long. */
  preview: (id: string, keep: number) =>
    queryOptions({
      queryKey: ['retention', 'preview', id, keep],
      queryFn: ({ signal }) =>
        unwrap(
          api.GET('/api/v1/retention/{id}/preview', { params: { path: { id }, query: { keep } }, signal }),
        ),
      placeholderData: keepPreviousData,
    }),
  runs: () =>
    paged(['retention', 'runs'], (cursor, signal) =>
      unwrap(api.GET('/api/v1/retention-runs', { params: { query: { cursor, limit: 20 } }, signal })),
    ),
  archives: () =>
    paged(['archives'], (cursor, signal) =>
      unwrap(api.GET('/api/v1/host-archives', { params: { query: { cursor } }, signal })),
    ),
};

/** Where the file of a host of the archive is. */
export const archiveHref = (id: string): string => `/api/v1/host-archives/${id}`;

export const useKeep = () =>
  useChange(
    ({ id, keep, tag }: { id: string; keep: number | null; tag: string | undefined }) =>
      unwrap(
        api.PUT('/api/v1/retention/{id}', {
          params: { path: { id }, header: { 'If-Match': tag } },
          body: { keep },
        }),
      ),
    ['retention'],
  );

export const useKeepAsConfigured = () =>
  useChange(
    ({ id, tag }: { id: string; tag: string | undefined }) =>
      unwrap(api.DELETE('/api/v1/retention/{id}', { params: { path: { id }, header: { 'If-Match': tag } } })),
    ['retention'],
  );

export const useDeleteArchive = () =>
  useChange(
    (id: string) => unwrap(api.DELETE('/api/v1/host-archives/{id}', { params: { path: { id } } })),
    ['archives'],
  );

const HOSTS = ['hosts', 'host', 'archives', 'posture'];
export const useRetire = (id: string) =>
  useChange(
    (reason: string) =>
      unwrap(api.POST('/api/v1/hosts/{id}/retire', { params: { path: { id } }, body: { reason } })),
    HOSTS,
  );

/** Takes a retired host out of the tables: into the archive, or for good. */
export const useLetGo = (id: string) =>
  useChange(
    async ({ deed, hostname }: { deed: 'archive' | 'forget'; hostname: string }) => {
      const asked = { params: { path: { id } }, body: { hostname } };
      if (deed === 'archive') await unwrap(api.POST('/api/v1/hosts/{id}/archive', asked));
      else await unwrap(api.POST('/api/v1/hosts/{id}/forget', asked));
    },
    ['hosts', 'archives', 'posture'],
  );
