/**
 * View state in the URL: a link shows the same view to the next person. What a URL says that we do
 * not know is dropped, never an error.
 */
import * as z from 'zod/mini';
import type { Alert, Host, HostSort, Severity } from '../api/client';
import { isInstant } from './time';

export const dropped = <T extends z.ZodMiniType>(schema: T) => z.catch(z.optional(schema), undefined);
export const text = dropped(z.string().check(z.maxLength(200)));
export const kind = dropped(z.string().check(z.regex(/^[a-z0-9_]{1,32}$/)));

export const instant = dropped(z.string().check(z.refine(isInstant)));

const HOST_SORTS = [
  'hostname',
  '-hostname',
  'last_seen_at',
  '-last_seen_at',
  'enrolled_at',
  '-enrolled_at',
] as const satisfies readonly HostSort[];
export const HOST_TABS = [
  'overview',
  'compliance',
  'facts',
  'changes',
  'drift',
  'activity',
  'metrics',
  'settings',
] as const;
export type HostTab = (typeof HOST_TABS)[number];

/** What every page has: the instant that is looked at. */
export const signedInSearch = z.object({ at: instant });
/** As the list of hosts is filtered; the last two are states that a host can be in besides. */
export const HOST_STATES = [
  'online',
  'agent_stopped',
  'host_shutdown',
  'host_rebooting',
  'link_lost',
  'agent_killed',
  'never_seen',
  'unknown',
  'revoked',
  'retired',
  'quarantined',
  'clock_wrong',
  'maintenance',
] as const satisfies readonly (Host['state'] | 'clock_wrong' | 'maintenance')[];
export type HostFilterState = (typeof HOST_STATES)[number];
export const HOST_GROUPINGS = ['state', 'os', 'group'] as const;
export type HostGrouping = (typeof HOST_GROUPINGS)[number];
export const hostsSearch = z.object({
  q: text,
  sort: dropped(z.enum(HOST_SORTS)),
  state: dropped(z.enum(HOST_STATES)),
  group: text,
  label: text,
  content: dropped(z.enum(['expired', 'behind'])),
  build: dropped(z.enum(['published', 'unknown'])),
  /** Which columns beside the name, with commas; those that are shown by themselves when it is left out. */
  cols: dropped(z.string().check(z.regex(/^[a-z_,]{0,200}$/))),
  os: text,
  /** What hosts are put together by, and which of these groups is open. */
  by: dropped(z.enum(HOST_GROUPINGS)),
  open: text,
  view: dropped(z.enum(['cards'])),
});
export const hostSearch = z.object({
  tab: dropped(z.enum(HOST_TABS)),
  kind,
  q: text,
  since: instant,
  until: instant,
  state: kind,
  source: kind,
  severity: kind,
});
export type HostsView = Omit<z.infer<typeof hostsSearch>, 'cols' | 'by' | 'open' | 'view'>;
/** A bundle by its serial, which is a whole number. */
export const contentSearch = z.object({
  bundle: dropped(z.coerce.number().check(z.int(), z.gte(1))),
});
export const ALERT_STATES = [
  'active',
  'acknowledged',
  'snoozed',
  'dismissed',
  'resolved',
] as const satisfies readonly Alert['state'][];
export const SEVERITIES = [
  'info',
  'low',
  'medium',
  'high',
  'critical',
] as const satisfies readonly Severity[];
export const alertsSearch = z.object({
  state: dropped(z.enum(ALERT_STATES)),
  severity: dropped(z.enum(SEVERITIES)),
  host: text,
});
export const signInSearch = z.object({ to: text, refused: kind });

/** Flat, readable query strings: `?q=web&sort=-last_seen_at`. */
export function stringify(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== '') params.set(name, String(value));
  }
  // A colon needs no escape in a query, and times are to be read.
  const query = params.toString().replaceAll('%3A', ':');
  return query && `?${query}`;
}

export const parse = (query: string): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(query));

/** Where to go after signing in: only a path of this console, whatever the URL says. */
export function returnPath(to: string | undefined): string {
  return to && /^\/(?![/\\])/.test(to) && !to.startsWith('/sign-in') ? to : '/';
}
