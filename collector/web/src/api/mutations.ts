import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useProve } from '../lib/proof';
import { api, type NewToken, type RolloutDetail, unwrap } from './client';

export function useRevokeHost(id: string) {
  const client = useQueryClient();
  const prove = useProve();
  return useMutation({
    mutationFn: () =>
      prove(() => unwrap(api.POST('/api/v1/hosts/{id}/revoke', { params: { path: { id } } }))),
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

/** What is done to a rollout that has begun. */
export type Steer = { verb: 'start' | 'pause' | 'resume' | 'halt' } | { verb: 'rollback'; serial: number };

export function useSteerRollout({ id }: RolloutDetail) {
  const client = useQueryClient();
  const params = { path: { id } };
  const post = (steer: Steer, reason: string) => {
    switch (steer.verb) {
      case 'start':
        return api.POST('/api/v1/rollouts/{id}/start', { params, body: { reason } });
      case 'pause':
        return api.POST('/api/v1/rollouts/{id}/pause', { params, body: { reason } });
      case 'resume':
        return api.POST('/api/v1/rollouts/{id}/resume', { params, body: { reason } });
      case 'halt':
        return api.POST('/api/v1/rollouts/{id}/halt', { params, body: { reason } });
      case 'rollback':
        return api.POST('/api/v1/rollouts/{id}/rollback', { params, body: { serial: steer.serial, reason } });
    }
  };
  return useMutation({
    mutationFn: ({ steer, reason }: { steer: Steer; reason: string }) => unwrap(post(steer, reason)),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['rollout', id] });
      await client.invalidateQueries({ queryKey: ['rollouts'] });
    },
  });
}

/** Chooses the password of an account with a link. */
export function useRedeem() {
  return useMutation({
    mutationFn: (body: { token: string; password: string }) =>
      unwrap(api.POST('/api/v1/invitations/redeem', { body })),
  });
}

export const signOut = () => unwrap(api.DELETE('/api/v1/session'));
