/** Groups of hosts: who belongs, why, and what is set for them. */
import { queryOptions } from '@tanstack/react-query';
import { useChange } from './change';
import { api, unwrap } from './client';
import { paged } from './page';
import type { components } from './schema';
import { type Tagged, tagged } from './tagged';

type Schemas = components['schemas'];
export type Group = Schemas['Group'];
export type GroupFields = Schemas['GroupFields'];
export type Member = Schemas['Member'];
export type Why = Schemas['Why'];

const MEMBERS_A_PAGE = 100;

export const groupList = () =>
  paged(['groups', 'list'], (cursor, signal) =>
    unwrap(api.GET('/api/v1/groups', { params: { query: { cursor } }, signal })),
  );

export const groups = {
  one: (id: string) =>
    queryOptions({
      queryKey: ['groups', 'one', id],
      queryFn: ({ signal }) => tagged(api.GET('/api/v1/groups/{id}', { params: { path: { id } }, signal })),
    }),

  members: (id: string) =>
    paged(['groups', 'members', id], (cursor, signal) =>
      unwrap(
        api.GET('/api/v1/groups/{id}/members', {
          params: { path: { id }, query: { cursor, limit: MEMBERS_A_PAGE } },
          signal,
        }),
      ),
    ),

  errors: (id: string) =>
    paged(['groups', 'errors', id], (cursor, signal) =>
      unwrap(api.GET('/api/v1/groups/{id}/errors', { params: { path: { id }, query: { cursor } }, signal })),
    ),

  preview: (expression: string) =>
    queryOptions({
      queryKey: ['groups', 'preview', expression],
      queryFn: ({ signal }) => unwrap(api.POST('/api/v1/groups/preview', { body: { expression }, signal })),
      retry: false,
      // Hosts change: what was so a moment ago is asked again.
      staleTime: 5_000,
    }),
};

const OLD = ['groups', 'hosts', 'host'];

export const useCreateGroup = () =>
  useChange((body: GroupFields) => unwrap(api.POST('/api/v1/groups', { body })), OLD);

export const useReplaceGroup = (id: string) =>
  useChange(
    ({ value, tag }: Tagged<GroupFields>) =>
      unwrap(
        api.PUT('/api/v1/groups/{id}', {
          params: { path: { id }, header: { 'If-Match': tag } },
          body: value,
        }),
      ),
    OLD,
  );

export const useDeleteGroup = () =>
  useChange(
    ({ value, tag }: Tagged<string>) =>
      unwrap(
        api.DELETE('/api/v1/groups/{id}', { params: { path: { id: value }, header: { 'If-Match': tag } } }),
      ),
    OLD,
  );

export const useChangeMembers = (id: string) =>
  useChange(
    (body: { add?: string[]; remove?: string[] }) =>
      unwrap(api.POST('/api/v1/groups/{id}/members', { params: { path: { id } }, body })),
    OLD,
  );
