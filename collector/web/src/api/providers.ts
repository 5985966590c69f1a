/** What people sign in with elsewhere, and who is whom there. */
import { queryOptions } from '@tanstack/react-query';
import { useChange } from './change';
import { api, unwrap } from './client';
import { paged } from './page';
import type { components } from './schema';
import { type Tagged, tagged } from './tagged';

type Schemas = components['schemas'];
export type Provider = Schemas['Provider'];
export type ProviderFields = Schemas['ProviderFields'];
export type Mapped = Schemas['Mapped'];
export type IdentityLink = Schemas['Link'];

export const providers = {
  list: () =>
    queryOptions({
      queryKey: ['providers', 'list'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/identity-providers', { signal })),
    }),
  one: (name: string) =>
    queryOptions({
      queryKey: ['providers', 'one', name],
      queryFn: ({ signal }) =>
        tagged(api.GET('/api/v1/identity-providers/{name}', { params: { path: { name } }, signal })),
    }),
  links: (name: string) =>
    paged(['providers', 'links', name], (cursor, signal) =>
      unwrap(
        api.GET('/api/v1/identity-providers/{name}/links', {
          params: { path: { name }, query: { cursor } },
          signal,
        }),
      ),
    ),
};

const OLD = ['providers', 'sign-in-ways', 'accounts'];

/** Adds a provider, or replaces what is said of one: then with the tag under which it was read. */
export const useSaveProvider = (isNew: boolean) =>
  useChange(
    ({ value, tag }: Tagged<ProviderFields>) =>
      unwrap<Provider>(
        isNew
          ? api.POST('/api/v1/identity-providers', { body: value })
          : api.PUT('/api/v1/identity-providers/{name}', {
              params: { path: { name: value.name }, header: { 'If-Match': tag } },
              body: value,
            }),
      ),
    OLD,
  );

export const useDeleteProvider = () =>
  useChange(
    ({ value, tag }: Tagged<string>) =>
      unwrap(
        api.DELETE('/api/v1/identity-providers/{name}', {
          params: { path: { name: value }, header: { 'If-Match': tag } },
        }),
      ),
    OLD,
  );

export const useAddLink = (name: string) =>
  useChange(
    (body: { account: string; subject: string }) =>
      unwrap(api.POST('/api/v1/identity-providers/{name}/links', { params: { path: { name } }, body })),
    OLD,
  );

export const useRemoveLink = (name: string) =>
  useChange(
    (id: string) =>
      unwrap(api.DELETE('/api/v1/identity-providers/{name}/links/{id}', { params: { path: { name, id } } })),
    OLD,
  );
