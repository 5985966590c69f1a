/** Exceptions, which the API calls waivers: asked, shown, decided. */
import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import type { Queue } from '../lib/search/decide';
import { api, unwrap } from './client';
import type { components } from './schema';

export type Waiver = components['schemas']['Waiver'];
export type WholeWaiver = components['schemas']['WholeWaiver'];
export type WaiverRequest = components['schemas']['WaiverRequest'];
export type WaiverRenewal = components['schemas']['WaiverRenewal'];
export type WaiverEntry = components['schemas']['WaiverEntry'];

const A_PAGE = 50;
/** How far ahead "expiring" looks. */
export const EXPIRING_DAYS = 30;
const DAY_MS = 86_400_000;

export type WaiverView = {
  queue: Queue;
  host?: string;
  group?: string;
  rule?: string;
  framework?: string;
};

const STATES = { asked: 'requested', counting: 'approved', expired: 'expired' } as const;

export const waivers = ({ queue, host, group, rule, framework }: WaiverView) =>
  infiniteQueryOptions({
    queryKey: ['waivers', { queue, host, group, rule, framework }],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v1/waivers', {
          params: {
            query: {
              state: queue === 'expiring' || queue === 'all' ? undefined : STATES[queue],
              // From the instant of asking on, so that the question stays the same one while it is looked at.
              expires_before:
                queue === 'expiring'
                  ? new Date(Date.now() + EXPIRING_DAYS * DAY_MS).toISOString()
                  : undefined,
              host,
              group,
              rule,
              framework,
              cursor: pageParam ?? undefined,
              limit: A_PAGE,
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

export const waiver = (id: string) =>
  queryOptions({
    queryKey: ['waiver', id],
    queryFn: ({ signal }) => unwrap(api.GET('/api/v1/waivers/{id}', { params: { path: { id } }, signal })),
  });

function useOldThen() {
  const client = useQueryClient();
  return async () => {
    await client.invalidateQueries({ queryKey: ['waiver'] });
    await client.invalidateQueries({ queryKey: ['waivers'] });
  };
}

export function useRequestWaiver() {
  const old = useOldThen();
  return useMutation({
    mutationFn: (body: WaiverRequest) => unwrap(api.POST('/api/v1/waivers', { body })),
    onSuccess: old,
  });
}

export type Decision = 'approve' | 'reject' | 'withdraw' | 'revoke';

export function useDecide(id: string) {
  const old = useOldThen();
  const params = { path: { id } };
  const send = (verb: Decision, note: string) => {
    const body = { note };
    switch (verb) {
      case 'approve':
        return api.POST('/api/v1/waivers/{id}/approve', { params, body });
      case 'reject':
        return api.POST('/api/v1/waivers/{id}/reject', { params, body });
      case 'withdraw':
        return api.POST('/api/v1/waivers/{id}/withdraw', { params, body });
      case 'revoke':
        return api.POST('/api/v1/waivers/{id}/revoke', { params, body });
    }
  };
  return useMutation({
    mutationFn: ({ verb, note }: { verb: Decision; note: string }) => unwrap(send(verb, note)),
    // Of who was second, what they looked at is old as well.
    onSettled: old,
  });
}

export function useComment(id: string) {
  const old = useOldThen();
  return useMutation({
    mutationFn: (text: string) =>
      unwrap(api.POST('/api/v1/waivers/{id}/comment', { params: { path: { id } }, body: { text } })),
    onSuccess: old,
  });
}

export function useRenew(id: string) {
  const old = useOldThen();
  return useMutation({
    mutationFn: (body: WaiverRenewal) =>
      unwrap(api.POST('/api/v1/waivers/{id}/renew', { params: { path: { id } }, body })),
    onSuccess: old,
  });
}
