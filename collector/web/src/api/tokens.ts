/** API tokens: one's own, and everybody's. */
import { useChange } from './change';
import { api, unwrap } from './client';
import { paged } from './page';
import type { components } from './schema';

type Schemas = components['schemas'];
export type ApiToken = Schemas['ApiToken'];
export type IssuedApiToken = Schemas['IssuedApiToken'];
export type NewApiToken = Schemas['NewApiToken'];

export const apiTokens = {
  own: () =>
    paged(['api-tokens', 'own'], (cursor, signal) =>
      unwrap(api.GET('/api/v1/account/tokens', { params: { query: { cursor } }, signal })),
    ),
  all: () =>
    paged(['api-tokens', 'all'], (cursor, signal) =>
      unwrap(api.GET('/api/v1/tokens', { params: { query: { cursor } }, signal })),
    ),
};

const OLD = ['api-tokens'];

export const useMakeToken = () =>
  useChange((body: NewApiToken) => unwrap(api.POST('/api/v1/account/tokens', { body })), OLD);

export const useRotateToken = () =>
  useChange(
    (id: string) => unwrap(api.POST('/api/v1/account/tokens/{id}/rotate', { params: { path: { id } } })),
    OLD,
  );

/** Ends a token: of one's own, or anybody's. */
export const useEndToken = (whose: 'own' | 'all') =>
  useChange((id: string) => {
    const params = { path: { id } };
    return unwrap(
      whose === 'own'
        ? api.DELETE('/api/v1/account/tokens/{id}', { params })
        : api.DELETE('/api/v1/tokens/{id}', { params }),
    );
  }, OLD);
