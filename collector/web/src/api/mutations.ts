import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, type NewToken, unwrap } from './client';

export function useRevokeHost(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.POST('/api/v1/hosts/{id}/revoke', { params: { path: { id } } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['host', id] });
      await client.invalidateQueries({ queryKey: ['hosts'] });
    },
  });
}

export function useReleaseHost(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.POST('/api/v1/hosts/{id}/release', { params: { path: { id } } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['host', id] });
      await client.invalidateQueries({ queryKey: ['hosts'] });
    },
  });
}

export function useCreateToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (token: NewToken) => unwrap(api.POST('/api/v1/enrollment-tokens', { body: token })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tokens'] }),
  });
}

export function useRevokeToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api.DELETE('/api/v1/enrollment-tokens/{id}', { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tokens'] }),
  });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; password: string }) => unwrap(api.POST('/api/v1/session', { body })),
    onSuccess: (session) => client.setQueryData(['session'], session),
  });
}

export const signOut = () => unwrap(api.DELETE('/api/v1/session'));
