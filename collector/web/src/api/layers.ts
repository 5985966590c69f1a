/** Settings in their three layers: the fleet's, a group's and a host's, and what is in force of them. */
import { queryOptions } from '@tanstack/react-query';
import { useChange } from './change';
import { api, unwrap } from './client';
import type { components } from './schema';
import { type Tagged, tagged } from './tagged';

type Schemas = components['schemas'];
export type Layer = Schemas['Layer'];
export type SettingsLayer = Schemas['SettingsLayer'];
export type EffectiveSettings = Schemas['EffectiveSettings'];
export type Origin = Schemas['Origin'];
export type InForceState = Schemas['InForceState'];

/** Whose settings. */
export type Whose = { layer: 'fleet' } | { layer: 'group' | 'host'; id: string };

const keyOf = (whose: Whose) => ['settings', whose.layer, 'id' in whose ? whose.id : null] as const;

export const layers = {
  one: (whose: Whose) =>
    queryOptions({
      queryKey: keyOf(whose),
      queryFn: ({ signal }) => {
        switch (whose.layer) {
          case 'fleet':
            return tagged(api.GET('/api/v1/settings', { signal }));
          case 'group':
            return tagged(
              api.GET('/api/v1/groups/{id}/settings', { params: { path: { id: whose.id } }, signal }),
            );
          case 'host':
            return tagged(
              api.GET('/api/v1/hosts/{id}/settings', { params: { path: { id: whose.id } }, signal }),
            );
        }
      },
    }),

  effective: (id: string) =>
    queryOptions({
      queryKey: ['settings', 'effective', id],
      queryFn: ({ signal }) =>
        unwrap(api.GET('/api/v1/hosts/{id}/settings/effective', { params: { path: { id } }, signal })),
      staleTime: 0,
    }),

  /** What a layer can name: with titles, where whoever looks may see rules. */
  profiles: () =>
    queryOptions({
      queryKey: ['profiles', 'names'],
      queryFn: async ({ signal }) => {
        const { items } = await unwrap(api.GET('/api/v1/profiles', { signal }));
        return items.map(({ key, title }) => ({ key, title }));
      },
      staleTime: 5 * 60_000,
    }),
};

export const useSetLayer = (whose: Whose) =>
  useChange(
    ({ value, tag }: Tagged<Layer>) => {
      const header = { 'If-Match': tag };
      switch (whose.layer) {
        case 'fleet':
          return tagged(api.PUT('/api/v1/settings', { params: { header }, body: value }));
        case 'group':
          return tagged(
            api.PUT('/api/v1/groups/{id}/settings', {
              params: { path: { id: whose.id }, header },
              body: value,
            }),
          );
        case 'host':
          return tagged(
            api.PUT('/api/v1/hosts/{id}/settings', {
              params: { path: { id: whose.id }, header },
              body: value,
            }),
          );
      }
    },
    ['settings'],
  );
