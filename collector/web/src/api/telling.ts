/** What alerts are made by, where notices of them go, and when nobody hears of them. */
import { queryOptions } from '@tanstack/react-query';
import type { DeliveriesView } from '../lib/search/govern';
import { useChange } from './change';
import { api, unwrap } from './client';
import { paged } from './page';
import type { components } from './schema';
import { type Tagged, tagged } from './tagged';

type Schemas = components['schemas'];
export type AlertRule = Schemas['AlertRule'];
export type AlertRuleFields = Schemas['AlertRuleFields'];
export type Channel = Schemas['Channel'];
export type ChannelFields = Schemas['ChannelFields'];
export type ChannelSettings = Schemas['ChannelSettings'];
export type Condition = Schemas['Condition'];
export type Delivery = Schemas['Delivery'];
export type Hours = Schemas['Hours'];
export type MaintenanceWindow = Schemas['MaintenanceWindow'];
export type PersonalMail = Schemas['PersonalMailSettings'];
export type Route = Schemas['NotificationRoute'];
export type RouteFields = Schemas['RouteFields'];
export type Silence = Schemas['Silence'];
export type SilenceFields = Schemas['SilenceFields'];
export type WindowFields = Schemas['WindowFields'];

export const telling = {
  channels: () =>
    queryOptions({
      queryKey: ['channels', 'list'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/channels', { signal })),
    }),
  channel: (id: string) =>
    queryOptions({
      queryKey: ['channels', 'one', id],
      queryFn: ({ signal }) => tagged(api.GET('/api/v1/channels/{id}', { params: { path: { id } }, signal })),
    }),
  routes: () =>
    queryOptions({
      queryKey: ['routes', 'list'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/notification-routes', { signal })),
    }),
  route: (id: string) =>
    queryOptions({
      queryKey: ['routes', 'one', id],
      queryFn: ({ signal }) =>
        tagged(api.GET('/api/v1/notification-routes/{id}', { params: { path: { id } }, signal })),
    }),
  personalMail: () =>
    queryOptions({
      queryKey: ['channels', 'personal'],
      queryFn: ({ signal }) => tagged(api.GET('/api/v1/personal-mail', { signal })),
    }),
  deliveries: ({ channel, state, since }: DeliveriesView) => ({
    ...paged(['deliveries', 'list', { channel, state, since }], (cursor, signal) =>
      unwrap(api.GET('/api/v1/deliveries', { params: { query: { channel, state, since, cursor } }, signal })),
    ),
    staleTime: 0,
  }),
  delivery: (id: string) =>
    queryOptions({
      queryKey: ['deliveries', 'one', id],
      queryFn: ({ signal }) =>
        unwrap(api.GET('/api/v1/deliveries/{id}', { params: { path: { id } }, signal })),
      staleTime: 0,
    }),
  rules: () =>
    queryOptions({
      queryKey: ['alert-rules', 'list'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/alert-rules', { signal })),
    }),
  rule: (id: string) =>
    queryOptions({
      queryKey: ['alert-rules', 'one', id],
      queryFn: ({ signal }) =>
        tagged(api.GET('/api/v1/alert-rules/{id}', { params: { path: { id } }, signal })),
    }),
  eventCodes: () =>
    queryOptions({
      queryKey: ['event-codes'],
      queryFn: ({ signal }) => unwrap(api.GET('/api/v1/event-codes', { signal })),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  silences: (ended: boolean) =>
    paged(['silences', { ended }], (cursor, signal) =>
      unwrap(api.GET('/api/v1/silences', { params: { query: { ended, cursor } }, signal })),
    ),
  windows: () =>
    paged(['maintenance', 'list'], (cursor, signal) =>
      unwrap(api.GET('/api/v1/maintenance', { params: { query: { cursor } }, signal })),
    ),
  window: (id: string) =>
    queryOptions({
      queryKey: ['maintenance', 'one', id],
      queryFn: ({ signal }) =>
        tagged(api.GET('/api/v1/maintenance/{id}', { params: { path: { id } }, signal })),
    }),
};

/** What is to be changed: another one when there is no id yet. */
type Put<T> = { id: string | null; value: T; tag?: string };
const at = (id: string, tag: string | undefined) => ({ path: { id }, header: { 'If-Match': tag } });

const CHANNELS = ['channels', 'routes'];
export const useSaveChannel = () =>
  useChange(
    ({ id, value, tag }: Put<ChannelFields>) =>
      unwrap<Channel>(
        id
          ? api.PUT('/api/v1/channels/{id}', { params: at(id, tag), body: value })
          : api.POST('/api/v1/channels', { body: value }),
      ),
    CHANNELS,
  );
export const useDeleteChannel = () =>
  useChange(
    ({ value, tag }: Tagged<string>) =>
      unwrap(api.DELETE('/api/v1/channels/{id}', { params: at(value, tag) })),
    CHANNELS,
  );
export const useTestChannel = () =>
  useChange(
    (id: string) => unwrap(api.POST('/api/v1/channels/{id}/test', { params: { path: { id } } })),
    ['deliveries'],
  );
export const useSetPersonalMail = () =>
  useChange(
    ({ value, tag }: Tagged<PersonalMail>) =>
      unwrap(api.PUT('/api/v1/personal-mail', { params: { header: { 'If-Match': tag } }, body: value })),
    ['channels', 'preferences'],
  );

export const useSaveRoute = () =>
  useChange(
    ({ id, value, tag }: Put<RouteFields>) =>
      unwrap<Route>(
        id
          ? api.PUT('/api/v1/notification-routes/{id}', { params: at(id, tag), body: value })
          : api.POST('/api/v1/notification-routes', { body: value }),
      ),
    ['routes'],
  );
export const useDeleteRoute = () =>
  useChange(
    (id: string) => unwrap(api.DELETE('/api/v1/notification-routes/{id}', { params: { path: { id } } })),
    ['routes'],
  );

export const useRetryDelivery = () =>
  useChange(
    (id: string) => unwrap(api.POST('/api/v1/deliveries/{id}/retry', { params: { path: { id } } })),
    ['deliveries', 'jobs'],
  );

const RULES = ['alert-rules', 'alerts'];
export const useSaveRule = () =>
  useChange(
    ({ id, value, tag }: Put<AlertRuleFields>) =>
      unwrap<AlertRule>(
        id
          ? api.PUT('/api/v1/alert-rules/{id}', { params: at(id, tag), body: value })
          : api.POST('/api/v1/alert-rules', { body: value }),
      ),
    RULES,
  );
export const useDeleteRule = () =>
  useChange(
    ({ value, tag }: Tagged<string>) =>
      unwrap(api.DELETE('/api/v1/alert-rules/{id}', { params: at(value, tag) })),
    RULES,
  );

export const useMakeSilence = () =>
  useChange((body: SilenceFields) => unwrap(api.POST('/api/v1/silences', { body })), ['silences', 'alerts']);
export const useEndSilence = () =>
  useChange(
    (id: string) => unwrap(api.DELETE('/api/v1/silences/{id}', { params: { path: { id } } })),
    ['silences', 'alerts'],
  );

const WINDOWS = ['maintenance', 'hosts', 'host'];
export const useSaveWindow = () =>
  useChange(
    ({ id, value, tag }: Put<WindowFields>) =>
      unwrap<MaintenanceWindow>(
        id
          ? api.PUT('/api/v1/maintenance/{id}', { params: at(id, tag), body: value })
          : api.POST('/api/v1/maintenance', { body: value }),
      ),
    WINDOWS,
  );
export const useDeleteWindow = () =>
  useChange(
    (id: string) => unwrap(api.DELETE('/api/v1/maintenance/{id}', { params: { path: { id } } })),
    WINDOWS,
  );
