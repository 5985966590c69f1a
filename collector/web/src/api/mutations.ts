import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useProve } from '../lib/proof';
import { type Alert, api, type NewToken, type PreferenceFields, type RolloutDetail, unwrap } from './client';
import { queries } from './queries';

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

/** What somebody does to an alert. */
export type Deed =
  | { verb: 'acknowledge' | 'wake' | 'dismiss'; note: string }
  | { verb: 'snooze'; until: string; note: string }
  | { verb: 'assign'; account: string | null };

export function useAlertDeed({ id }: Pick<Alert, 'id'>) {
  const client = useQueryClient();
  const params = { path: { id } };
  const send = (deed: Deed) => {
    switch (deed.verb) {
      case 'acknowledge':
        return api.POST('/api/v1/alerts/{id}/acknowledge', { params, body: { note: deed.note } });
      case 'wake':
        return api.POST('/api/v1/alerts/{id}/wake', { params, body: { note: deed.note } });
      case 'dismiss':
        return api.POST('/api/v1/alerts/{id}/dismiss', { params, body: { note: deed.note } });
      case 'snooze':
        return api.POST('/api/v1/alerts/{id}/snooze', {
          params,
          body: { until: deed.until, note: deed.note },
        });
      case 'assign':
        return api.PUT('/api/v1/alerts/{id}/assignee', { params, body: { account: deed.account } });
    }
  };
  return useMutation({
    mutationFn: (deed: Deed) => unwrap(send(deed)),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['alert', id] });
      await client.invalidateQueries({ queryKey: ['alerts'] });
    },
  });
}

/** Notes that one has looked at what one was told: at one thing, or at all up to an instant. */
export function useLookedAt() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (seen: { id: string } | { until: string }) =>
      unwrap(
        'id' in seen
          ? api.POST('/api/v1/notifications/{id}/read', { params: { path: { id: seen.id } } })
          : api.POST('/api/v1/notifications/read', { body: { until: seen.until } }),
      ),
    onSuccess: async (left) => {
      client.setQueryData(queries.unread().queryKey, left);
      await client.invalidateQueries({ queryKey: queries.notifications().queryKey });
    },
  });
}

export function useSetPreferences() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wanted: PreferenceFields) =>
      unwrap(api.PUT('/api/v1/account/notification-preferences', { body: wanted })),
    onSuccess: (set) => client.setQueryData(queries.preferences().queryKey, set),
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
