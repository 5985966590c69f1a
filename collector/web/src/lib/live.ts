/**
 * The live feed: one EventSource a tab, whose events say which host changed. Events only make
 * queries old; the data always comes from the API, so nothing is computed twice.
 */
import type { Query, QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import type { Host, HostDetail, HostList } from '../api/client';
import { queries } from '../api/queries';

export type LiveState = 'live' | 'reconnecting';

const HOST_EVENTS = [
  'host_connected',
  'host_disconnected',
  'host_enrolled',
  'host_revoked',
  'host_changed',
] as const;
/** Events come in bursts (an upgrade, a fleet that reconnects); they are answered together. */
const GATHER_MS = 250;
/** With more listed hosts changed at once, one fetch of the list is cheaper than one for each row. */
const ROWS_AT_ONCE = 10;
/** A feed that was refused (not merely cut) is tried again after this. */
const REOPEN_MS = 3_000;

/** A rollout that moves also changes which content the fleet has. */
const ROLLOUT_EVENT = 'rollout_changed';
const ALERT_EVENT = 'alert_changed';
const WAIVER_EVENT = 'waiver_changed';
const DRIFT_EVENT = 'drift_changed';
/** Somebody was told something, or has read it in another page. */
const BELL_EVENT = 'notified';
/** Events that say of a whole family of questions that their answers may be others. */
const FAMILY_OF: Record<string, string> = {
  posture_changed: 'posture',
  drift_changed: 'drift',
  waiver_changed: 'waivers',
};
/** What is counted over the fleet is asked for again this seldom: in a large fleet, hosts change all the time. */
const FLEET_MS = 3_000;

type Gathered = {
  hosts: Map<string, Set<string> | 'all'>;
  lists: boolean;
  rollouts: Set<string>;
  alerts: Set<string>;
  waivers: Set<string>;
  drifts: Set<string>;
  told: boolean;
  families: Set<string>;
};

let state: LiveState = 'reconnecting';
const listeners = new Set<() => void>();

function setState(next: LiveState): void {
  if (state === next) return;
  state = next;
  for (const listener of listeners) listener();
}

export const useLiveState = (): LiveState =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );

/** Opens the feed and keeps it open until the returned function is called. */
export function connect(client: QueryClient): () => void {
  let source: EventSource | null = null;
  let lastId = '';
  let flushTimer: ReturnType<typeof setTimeout> | undefined;
  let reopenTimer: ReturnType<typeof setTimeout> | undefined;
  let fleetTimer: ReturnType<typeof setTimeout> | undefined;
  const families = new Set<string>();
  let gathered = nothing();

  const flush = () => {
    flushTimer = undefined;
    const batch = gathered;
    gathered = nothing();
    void refresh(client, batch);
    for (const family of batch.families) families.add(family);
    if (families.size > 0) fleetTimer ??= setTimeout(flushFleet, FLEET_MS);
  };
  const flushFleet = () => {
    fleetTimer = undefined;
    void client.invalidateQueries({ predicate: ofPresent(new Set(families)) });
    families.clear();
  };

  const open = () => {
    const since = lastId ? `?last_event_id=${encodeURIComponent(lastId)}` : '';
    let blind = since === '';
    source = new EventSource(`/api/v1/live${since}`);
    source.onopen = () => {
      // From the first answer on the browser knows where it stands, and the collector replays what
      // a cut made it miss, or says `resync`. What was fetched before that may have changed unseen.
      if (blind) void client.invalidateQueries({ predicate: aboutFleet });
      blind = false;
      setState('live');
    };
    source.onerror = () => {
      setState('reconnecting');
      if (source?.readyState !== EventSource.CLOSED) return;
      // The browser gives up on an answer that is not a feed: the session is over, or a proxy
      // speaks for a collector that is down. Asking for the session tells which.
      void client.invalidateQueries({ queryKey: ['info'] });
      reopenTimer = setTimeout(open, REOPEN_MS);
    };
    for (const name of [...HOST_EVENTS, ROLLOUT_EVENT, ALERT_EVENT, BELL_EVENT, ...Object.keys(FAMILY_OF)]) {
      source.addEventListener(name, (event) => {
        lastId = event.lastEventId || lastId;
        gather(gathered, name, event.data);
        flushTimer ??= setTimeout(flush, GATHER_MS);
      });
    }
    source.addEventListener('resync', (event) => {
      lastId = event.lastEventId || lastId;
      void client.invalidateQueries({ predicate: aboutFleet });
    });
  };
  open();

  return () => {
    source?.close();
    clearTimeout(flushTimer);
    clearTimeout(reopenTimer);
    clearTimeout(fleetTimer);
    setState('reconnecting');
  };
}

export const nothing = (): Gathered => ({
  hosts: new Map(),
  lists: false,
  rollouts: new Set(),
  alerts: new Set(),
  waivers: new Set(),
  drifts: new Set(),
  told: false,
  families: new Set(),
});
const FLEET = [
  'hosts',
  'host',
  'tokens',
  'content',
  'rollouts',
  'rollout',
  'alerts',
  'alert',
  'waivers',
  'waiver',
  'drifts',
  'drift',
  'activity-news',
  'notifications',
  'posture',
];
const aboutFleet = (query: Query) => FLEET.includes(String(query.queryKey[0]));

/** Notes what an event made old. Events this console does not understand are passed over. */
export function gather(into: Gathered, name: string, text: string): void {
  let data: {
    host?: unknown;
    kinds?: unknown;
    rollout?: unknown;
    alert?: unknown;
    waiver?: unknown;
    drift?: unknown;
  };
  try {
    data = JSON.parse(text);
  } catch {
    return;
  }
  const family = FAMILY_OF[name];
  if (family) into.families.add(family);
  if (name === BELL_EVENT) into.told = true;
  if (name === ALERT_EVENT && typeof data.alert === 'string') into.alerts.add(data.alert);
  if (name === WAIVER_EVENT && typeof data.waiver === 'string') into.waivers.add(data.waiver);
  if (name === DRIFT_EVENT && typeof data.drift === 'string') into.drifts.add(data.drift);
  if (name === ROLLOUT_EVENT && typeof data.rollout === 'string') into.rollouts.add(data.rollout);
  if (typeof data.host !== 'string') return;
  if (name === 'host_enrolled') into.lists = true;
  const known = into.hosts.get(data.host);
  if (known === 'all') return;
  // How a host stands is written a moment after its results are: this says when.
  if (name === 'posture_changed') {
    into.hosts.set(data.host, new Set([...(known ?? []), 'result']));
    return;
  }
  if (name !== 'host_changed' || !Array.isArray(data.kinds)) {
    // Connected, disconnected and the like change the host itself, none of its facts.
    into.hosts.set(data.host, name === 'host_changed' ? 'all' : (known ?? new Set()));
    return;
  }
  into.hosts.set(data.host, new Set([...(known ?? []), ...data.kinds.map(String)]));
}

/** Makes old exactly what the events were about, and brings listed rows up to date in place. */
export async function refresh(client: QueryClient, batch: Gathered): Promise<void> {
  for (const [id, kinds] of batch.hosts) {
    void client.invalidateQueries({
      predicate: ({ queryKey }) => queryKey[0] === 'host' && queryKey[1] === id && concerns(queryKey, kinds),
    });
  }
  for (const id of batch.rollouts) void client.invalidateQueries({ queryKey: ['rollout', id] });
  if (batch.rollouts.size > 0) {
    void client.invalidateQueries({ queryKey: ['rollouts'] });
    void client.invalidateQueries({ queryKey: ['content'] });
  }
  for (const id of batch.alerts) void client.invalidateQueries({ queryKey: ['alert', id] });
  if (batch.alerts.size > 0) void client.invalidateQueries({ queryKey: ['alerts'] });
  for (const id of batch.waivers) void client.invalidateQueries({ queryKey: ['waiver', id] });
  if (batch.waivers.size > 0) void client.invalidateQueries({ queryKey: ['waivers'] });
  for (const id of batch.drifts) void client.invalidateQueries({ queryKey: ['drift', id] });
  if (batch.drifts.size > 0) void client.invalidateQueries({ queryKey: ['drifts'] });
  if (batch.told) void client.invalidateQueries({ queryKey: ['notifications'] });
  if (batch.lists) {
    void client.invalidateQueries({ queryKey: ['tokens'] });
    await client.invalidateQueries({ queryKey: ['hosts'] });
    return;
  }
  // A host that stands otherwise may belong to a list of those that stand so, or no more.
  if ([...batch.hosts.values()].some((kinds) => kinds === 'all' || kinds.size === 0)) {
    void client.invalidateQueries({ queryKey: ['hosts'], predicate: isByState });
  }
  const listed = [...batch.hosts.keys()].filter((id) => isListed(client, id));
  if (listed.length > ROWS_AT_ONCE) {
    await client.invalidateQueries({ queryKey: ['hosts'] });
    return;
  }
  await Promise.allSettled(
    listed.map(async (id) =>
      patchRow(client, await client.fetchQuery({ ...queries.host(id), staleTime: 0 })),
    ),
  );
}

/** Questions of some families that are about the present: the past does not change. */
export const ofPresent =
  (families: ReadonlySet<string>) =>
  ({ queryKey }: Pick<Query, 'queryKey'>): boolean =>
    families.has(String(queryKey[0])) &&
    !queryKey.some((part) => typeof part === 'object' && part !== null && 'at' in part && part.at);

function concerns(key: readonly unknown[], kinds: Set<string> | 'all'): boolean {
  if (key[2] === 'detail') return true;
  const view = key[3] as { kind?: string; at?: string } | undefined;
  // The past does not change.
  if (view?.at) return false;
  if (kinds === 'all') return true;
  return view?.kind === undefined ? kinds.size > 0 : kinds.has(view.kind);
}

const isByState = ({ queryKey }: Query): boolean =>
  (queryKey[1] as { state?: string } | undefined)?.state !== undefined;

const isList = (data: unknown): data is HostList =>
  typeof data === 'object' && data !== null && 'items' in data;

function isListed(client: QueryClient, id: string): boolean {
  return client
    .getQueriesData({ queryKey: ['hosts'], type: 'active' })
    .some(([, data]) => isList(data) && data.items.some((host) => host.id === id));
}

/** Puts a host's new state into the rows that show it; every other row keeps its identity. */
export function patchRow(client: QueryClient, detail: HostDetail): void {
  client.setQueriesData({ queryKey: ['hosts'] }, (data: unknown) => {
    if (!isList(data)) return data;
    const index = data.items.findIndex((host) => host.id === detail.id);
    if (index < 0) return data;
    const items: Host[] = data.items.with(index, detail);
    return { ...data, items };
  });
}
