/** What one signs in with: asked, shown, changed. */
import { type QueryClient, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { makePasskey, showPasskey } from '../lib/passkey';
import { useProve } from '../lib/proof';
import { api, type Session, sessionBegan, unwrap } from './client';

export const factors = () =>
  queryOptions({
    queryKey: ['account', 'factors'],
    queryFn: ({ signal }) => unwrap(api.GET('/api/v1/account/factors', { signal })),
  });

/** Where one is signed in. */
export const ownSessions = () =>
  queryOptions({
    queryKey: ['account', 'sessions'],
    queryFn: ({ signal }) => unwrap(api.GET('/api/v1/account/sessions', { signal })),
  });

type Account = { name: string; password: string };

/** Somebody signed in. What is still on its way was asked without this session, and would be refused. */
async function enter(client: QueryClient, session: Session): Promise<void> {
  sessionBegan();
  await client.cancelQueries();
  client.setQueryData(['session'], session);
}

/** Signs in with a password, and a code where one is needed. */
export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Account & { code?: string }) => unwrap(api.POST('/api/v1/session', { body })),
    onSuccess: (session) => enter(client, session),
  });
}

/** Signs in with a passkey: alone, or with a security key as well beside a password. */
export function usePasskeySignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (account: Account | null) => {
      const asked = await unwrap(api.POST('/api/v1/session/passkey/begin', { body: { account } }));
      const credential = await showPasskey(asked.options);
      const body = { ceremony: asked.ceremony, credential };
      return unwrap(api.POST('/api/v1/session/passkey/finish', { body }));
    },
    onSuccess: (session) => enter(client, session),
  });
}

/** Shows with a passkey that it is still oneself. */
export function usePasskeyProof() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const asked = await unwrap(api.POST('/api/v1/session/proof/passkey/begin'));
      const credential = await showPasskey(asked.options);
      const body = { ceremony: asked.ceremony, credential };
      return unwrap(api.POST('/api/v1/session/proof/passkey/finish', { body }));
    },
    onSuccess: (session) => client.setQueryData(['session'], session),
  });
}

/** The same with the password, and a code where one is needed. */
export function usePasswordProof() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { password: string; code?: string }) =>
      unwrap(api.POST('/api/v1/session/proof', { body })),
    onSuccess: (session) => client.setQueryData(['session'], session),
  });
}

/** A change of what one signs in with: the list of it is old then, and so may be what one may do. */
function useChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  const prove = useProve();
  return useMutation({
    mutationFn: (input: In) => prove(() => change(input)),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['account'] });
      await client.invalidateQueries({ queryKey: ['session'] });
    },
  });
}

export function useBeginTotp() {
  const prove = useProve();
  return useMutation({ mutationFn: () => prove(() => unwrap(api.POST('/api/v1/account/totp'))) });
}

export const useConfirmTotp = () =>
  useChange((code: string) => unwrap(api.POST('/api/v1/account/totp/confirm', { body: { code } })));

export const useRemoveTotp = () => useChange((_: undefined) => unwrap(api.DELETE('/api/v1/account/totp')));

export const useRenewBackupCodes = () =>
  useChange((_: undefined) => unwrap(api.POST('/api/v1/account/backup-codes')));

export const useAddPasskey = () =>
  useChange(async ({ kind, name }: { kind: 'passkey' | 'security_key'; name: string }) => {
    const asked = await unwrap(api.POST('/api/v1/account/passkeys/begin', { body: { kind } }));
    const credential = await makePasskey(asked.options);
    const body = { ceremony: asked.ceremony, name, credential };
    return unwrap(api.POST('/api/v1/account/passkeys/finish', { body }));
  });

export const useRemovePasskey = () =>
  useChange((id: string) =>
    unwrap(api.DELETE('/api/v1/account/passkeys/{id}', { params: { path: { id } } })),
  );

export const useEndSession = () =>
  useChange((id: string) =>
    unwrap(api.DELETE('/api/v1/account/sessions/{id}', { params: { path: { id } } })),
  );

export const useEndOthers = () => useChange((_: undefined) => unwrap(api.DELETE('/api/v1/account/sessions')));
