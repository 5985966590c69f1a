/** Accounts, roles, and who may do what. */
import { queryOptions } from '@tanstack/react-query';
import { useChange } from './change';
import { api, unwrap } from './client';
import { paged } from './page';
import type { components } from './schema';
import { type Tagged, tagged } from './tagged';

type Schemas = components['schemas'];
export type Account = Schemas['Account'];
export type AccountFields = Schemas['AccountFields'];
export type Binding = Schemas['Binding'];
export type BindingReason = Schemas['BindingReason'];
export type ExplainedPermission = Schemas['ExplainedPermission'];
export type Invitation = Schemas['Invitation'];
export type NewAccount = Schemas['NewAccount'];
export type NewBinding = Schemas['NewBinding'];
export type Permission = Schemas['Permission'];
export type Role = Schemas['Role'];
export type RoleFields = Schemas['RoleFields'];

const ACCOUNTS_A_PAGE = 200;

export const people = {
  accounts: () =>
    paged(['accounts', 'list'], (cursor, signal) =>
      unwrap(api.GET('/api/v1/accounts', { params: { query: { cursor, limit: ACCOUNTS_A_PAGE } }, signal })),
    ),

  account: (name: string) =>
    queryOptions({
      queryKey: ['accounts', 'one', name],
      queryFn: ({ signal }) =>
        tagged(api.GET('/api/v1/accounts/{name}', { params: { path: { name } }, signal })),
    }),

  sessions: (name: string) =>
    paged(['accounts', 'sessions', name], (cursor, signal) =>
      unwrap(
        api.GET('/api/v1/accounts/{name}/sessions', {
          params: { path: { name }, query: { cursor } },
          signal,
        }),
      ),
    ),

  roles: () =>
    queryOptions({
      queryKey: ['roles', 'list'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/roles', { signal })),
    }),

  role: (name: string) =>
    queryOptions({
      queryKey: ['roles', 'one', name],
      queryFn: ({ signal }) =>
        tagged(api.GET('/api/v1/roles/{name}', { params: { path: { name } }, signal })),
    }),

  permissions: () =>
    queryOptions({
      queryKey: ['permissions'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/permissions', { signal })),
      // They change with the collector's version only.
      staleTime: Number.POSITIVE_INFINITY,
    }),

  access: (account: string, host: string | undefined) =>
    queryOptions({
      queryKey: ['access', account, host],
      queryFn: ({ signal }) =>
        unwrap(api.GET('/api/v1/access', { params: { query: { account, host } }, signal })),
      staleTime: 0,
    }),
};

const OF_ACCOUNTS = ['accounts', 'access', 'session'];

export const useCreateAccount = () =>
  useChange((body: NewAccount) => unwrap(api.POST('/api/v1/accounts', { body })), OF_ACCOUNTS);

export const useReplaceAccount = ({ name }: Pick<Account, 'name'>) =>
  useChange(
    ({ value, tag }: Tagged<AccountFields>) =>
      unwrap(
        api.PUT('/api/v1/accounts/{name}', {
          params: { path: { name }, header: { 'If-Match': tag } },
          body: value,
        }),
      ),
    OF_ACCOUNTS,
  );

export const useDeleteAccount = () =>
  useChange(
    (name: string) => unwrap(api.DELETE('/api/v1/accounts/{name}', { params: { path: { name } } })),
    OF_ACCOUNTS,
  );

/** A link with which somebody chooses a password: the first one, or another. */
export const useInvite = () =>
  useChange(({ name, kind }: { name: string; kind: 'invitation' | 'reset' }) => {
    const params = { path: { name } };
    return unwrap(
      kind === 'invitation'
        ? api.POST('/api/v1/accounts/{name}/invitation', { params })
        : api.POST('/api/v1/accounts/{name}/reset', { params }),
    );
  }, OF_ACCOUNTS);

export const useClearFactors = () =>
  useChange(
    (name: string) => unwrap(api.DELETE('/api/v1/accounts/{name}/factors', { params: { path: { name } } })),
    OF_ACCOUNTS,
  );

export const useEndSessions = () =>
  useChange(
    (name: string) => unwrap(api.DELETE('/api/v1/accounts/{name}/sessions', { params: { path: { name } } })),
    OF_ACCOUNTS,
  );

export const useGiveRole = (name: string) =>
  useChange(
    (body: NewBinding) =>
      unwrap(api.POST('/api/v1/accounts/{name}/bindings', { params: { path: { name } }, body })),
    OF_ACCOUNTS,
  );

export const useTakeRole = (name: string) =>
  useChange(
    (id: string) =>
      unwrap(api.DELETE('/api/v1/accounts/{name}/bindings/{id}', { params: { path: { name, id } } })),
    OF_ACCOUNTS,
  );

const OF_ROLES = ['roles', 'access', 'session'];

export const useCreateRole = () =>
  useChange((body: RoleFields & { name: string }) => unwrap(api.POST('/api/v1/roles', { body })), OF_ROLES);

export const useReplaceRole = (name: string) =>
  useChange(
    ({ value, tag }: Tagged<RoleFields>) =>
      unwrap(
        api.PUT('/api/v1/roles/{name}', {
          params: { path: { name }, header: { 'If-Match': tag } },
          body: value,
        }),
      ),
    OF_ROLES,
  );

export const useDeleteRole = () =>
  useChange(
    (name: string) => unwrap(api.DELETE('/api/v1/roles/{name}', { params: { path: { name } } })),
    OF_ROLES,
  );
