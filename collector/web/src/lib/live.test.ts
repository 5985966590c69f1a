import { QueryClient, type QueryKey } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Host, HostDetail } from '../api/client';
import { connect, gather, nothing, ofPresent, patchRow, refresh } from './live';

const row = (id: string, state: Host['state'] = 'online') => ({ id, state }) as Host;
const list = (...hosts: Host[]) => ({ items: hosts, next: null, total: hosts.length });

let client: QueryClient;
const put = (key: QueryKey, data: unknown = {}) => client.setQueryData(key, data);
const isOld = (key: QueryKey) => client.getQueryState(key)?.isInvalidated;

beforeEach(() => {
  client = new QueryClient();
});
afterEach(() => vi.unstubAllGlobals());

describe('gather and refresh', () => {
  const feed = async (...events: [string, unknown][]) => {
    const batch = nothing();
    for (const [name, data] of events)
      gather(batch, name, typeof data === 'string' ? data : JSON.stringify(data));
    await refresh(client, batch);
  };

  it('makes old only what a change of a kind concerns', async () => {
    const keys: QueryKey[] = [
      ['host', 'a', 'detail'],
      ['host', 'a', 'facts', { kind: 'package' }],
      ['host', 'a', 'changes', { kind: undefined }],
      ['host', 'a', 'facts', { kind: 'user' }],
      ['host', 'a', 'facts', { kind: 'package', at: '2026-01-01T00:00:00Z' }],
      ['host', 'b', 'facts', { kind: 'package' }],
    ];
    for (const key of keys) put(key);
    await feed(['host_changed', { host: 'a', kinds: ['package'] }]);
    expect(keys.map(isOld)).toEqual([true, true, true, false, false, false]);
  });

  it('takes a connection for a change of the host, not of its facts', async () => {
    put(['host', 'a', 'detail']);
    put(['host', 'a', 'facts', { kind: 'package' }]);
    put(['host', 'a', 'changes', { kind: undefined }]);
    await feed(['host_connected', { host: 'a' }]);
    expect(isOld(['host', 'a', 'detail'])).toBe(true);
    expect(isOld(['host', 'a', 'facts', { kind: 'package' }])).toBe(false);
    expect(isOld(['host', 'a', 'changes', { kind: undefined }])).toBe(false);
  });

  it('reads the lists anew when a host is enrolled', async () => {
    put(['hosts', {}], list(row('a')));
    put(['tokens']);
    await feed(['host_enrolled', { host: 'b' }]);
    expect([isOld(['hosts', {}]), isOld(['tokens'])]).toEqual([true, true]);
  });

  it('makes old the exception or the story that changed, and the lists of them', async () => {
    const keys: QueryKey[] = [
      ['waiver', 'w'],
      ['waiver', 'other'],
      ['waivers', {}],
      ['drift', 'd'],
      ['drift', 'other'],
      ['drifts', {}],
    ];
    for (const key of keys) put(key);
    await feed(['waiver_changed', { waiver: 'w' }]);
    expect(keys.map(isOld)).toEqual([true, false, true, false, false, false]);
    await feed(['drift_changed', { drift: 'd' }]);
    expect(keys.map(isOld)).toEqual([true, false, true, true, false, true]);
  });

  it('asks anew which hosts stand so when one stands otherwise, and not for each change of facts', async () => {
    const all: QueryKey = ['hosts', {}];
    const online: QueryKey = ['hosts', { state: 'online' }];
    put(all, list());
    put(online, list());
    await feed(['host_changed', { host: 'a', kinds: ['package'] }]);
    expect([isOld(all), isOld(online)]).toEqual([false, false]);
    await feed(['host_disconnected', { host: 'a' }]);
    expect([isOld(all), isOld(online)]).toEqual([false, true]);
  });

  it('makes old what a rollout that moves concerns, and no host', async () => {
    const keys: QueryKey[] = [
      ['rollout', 'r', 'detail'],
      ['rollout', 'r', 'events'],
      ['rollouts'],
      ['content', 'fleet'],
      ['rollout', 'other', 'detail'],
      ['hosts', {}],
    ];
    for (const key of keys) put(key);
    await feed(['rollout_changed', { rollout: 'r' }]);
    expect(keys.map(isOld)).toEqual([true, true, true, true, false, false]);
  });

  it('makes old how a host stands, and leaves the past', async () => {
    const keys: QueryKey[] = [
      ['host', 'a', 'posture', { kind: 'result', at: undefined }],
      ['host', 'a', 'results', { kind: 'result', status: 'fail', at: undefined }],
      ['host', 'a', 'results', { kind: 'result', at: '2026-01-01T00:00:00Z' }],
      ['host', 'a', 'metrics', { kind: 'metrics' }],
      ['host', 'b', 'posture', { kind: 'result' }],
    ];
    for (const key of keys) put(key);
    await feed(['posture_changed', { host: 'a' }]);
    expect(keys.map(isOld)).toEqual([true, true, false, false, false]);
  });

  it('gathers what is counted over the fleet, of the present alone', () => {
    const batch = nothing();
    for (const name of ['posture_changed', 'drift_changed', 'waiver_changed']) gather(batch, name, '{}');
    expect([...batch.families]).toEqual(['posture', 'drift', 'waivers']);
    const old = ofPresent(batch.families);
    expect(old({ queryKey: ['posture', 'fleet', { at: undefined }] })).toBe(true);
    expect(old({ queryKey: ['posture', 'fleet', { at: '2026-01-01T00:00:00Z' }] })).toBe(false);
    expect(old({ queryKey: ['alerts', {}] })).toBe(false);
  });

  it('makes old the alert that is another, and what one was told', async () => {
    const keys: QueryKey[] = [
      ['alert', 'a'],
      ['alerts', {}],
      ['alert', 'b'],
      ['notifications', 'unread'],
    ];
    for (const key of keys) put(key);
    await feed(['alert_changed', { alert: 'a' }]);
    expect(keys.map(isOld)).toEqual([true, true, false, false]);
    await feed(['notified', { at: '2026-03-03T14:05:00Z' }]);
    expect(isOld(['notifications', 'unread'])).toBe(true);
    expect(isOld(['alert', 'b'])).toBe(false);
  });

  it('passes over what it does not understand', async () => {
    put(['host', 'a', 'detail']);
    await feed(['host_changed', 'not json'], ['host_changed', { nothing: 1 }]);
    expect(isOld(['host', 'a', 'detail'])).toBe(false);
  });
});

describe('patchRow', () => {
  it('puts the new state in place and leaves every other row as it is', () => {
    const [a, b] = [row('a'), row('b')];
    put(['hosts', {}], list(a, b));
    patchRow(client, { ...row('b'), state: 'link_lost' } as HostDetail);
    const items = client.getQueryData<ReturnType<typeof list>>(['hosts', {}])?.items;
    expect(items?.[0]).toBe(a);
    expect(items?.[1]?.state).toBe('link_lost');
  });
});

describe('connect', () => {
  class FakeSource extends EventTarget {
    static readonly CLOSED = 2;
    static opened: FakeSource[] = [];
    readyState = 1;
    onopen: (() => void) | null = null;
    onerror: (() => void) | null = null;
    close = vi.fn();
    constructor(readonly url: string) {
      super();
      FakeSource.opened.push(this);
    }
    say(name: string, data: unknown, lastEventId: string) {
      this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data), lastEventId }));
    }
  }
  beforeEach(() => {
    FakeSource.opened = [];
    vi.useFakeTimers();
    vi.stubGlobal('EventSource', FakeSource);
  });
  afterEach(() => vi.useRealTimers());

  it('reads everything anew when the collector cannot replay', () => {
    const stop = connect(client);
    const [source] = FakeSource.opened;
    put(['host', 'a', 'facts', { kind: 'package' }]);
    put(['session']);
    source?.say('resync', {}, '9');
    expect(isOld(['host', 'a', 'facts', { kind: 'package' }])).toBe(true);
    expect(isOld(['session'])).toBe(false);
    stop();
    expect(source?.close).toHaveBeenCalled();
  });

  it('reads everything anew once it stands, but not after a cut that the collector makes good', () => {
    const stop = connect(client);
    const [source] = FakeSource.opened;
    put(['hosts', {}], list());
    source?.onopen?.();
    expect(isOld(['hosts', {}])).toBe(true);
    put(['hosts', {}], list());
    source?.onerror?.();
    source?.onopen?.();
    expect(isOld(['hosts', {}])).toBe(false);
    stop();
  });

  it('goes on from the last event after the feed was refused', () => {
    const stop = connect(client);
    const [source] = FakeSource.opened;
    source?.say('host_changed', { host: 'a', kinds: [] }, '17');
    if (source) source.readyState = FakeSource.CLOSED;
    source?.onerror?.();
    vi.advanceTimersByTime(10_000);
    expect(FakeSource.opened.map((each) => each.url)).toEqual([
      '/api/v1/live',
      '/api/v1/live?last_event_id=17',
    ]);
    stop();
  });

  it('leaves reconnecting to the browser when the feed was only cut', () => {
    const stop = connect(client);
    FakeSource.opened[0]?.onerror?.();
    vi.advanceTimersByTime(60_000);
    expect(FakeSource.opened).toHaveLength(1);
    stop();
  });
});
