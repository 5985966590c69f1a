import { describe, expect, it } from 'vitest';
import type { RingProgress } from '../../api/client';
import { parts } from './Rings';
import { verbs } from './Steering';

const STARTED = '2026-11-01T00:00:00.000000Z';

describe('verbs', () => {
  it('are those that the collector takes of a rollout that stands so', () => {
    const of = (state: Parameters<typeof verbs>[0]['state'], started_at: string | null = STARTED) =>
      verbs({ state, started_at });
    expect(of('what_if', null)).toEqual(['halt', 'start']);
    expect(of('running')).toEqual(['rollback', 'halt', 'pause']);
    expect(of('paused')).toEqual(['rollback', 'halt', 'resume']);
    expect(of('halted')).toEqual(['rollback', 'resume']);
    expect(of('halted', null)).toEqual([]);
    expect(of('completed')).toEqual(['rollback']);
    expect([of('rolling_back'), of('rolled_back')]).toEqual([[], []]);
  });
});

describe('parts', () => {
  const ring = {
    hosts: 45,
    in_force: 1,
    tried: 2,
    trying: 3,
    fetching: 4,
    returned: 5,
    refused: 6,
    declined: 7,
    silent: 8,
    waiting: 9,
  } as RingProgress;
  it('count every host of a ring once', () => {
    const total = parts(ring).reduce((sum, part) => sum + part.count, 0);
    expect(total).toBe(ring.hosts);
  });
  it('say of hosts that wait whether they were offered anything', () => {
    const last = (open: boolean) => parts({ ...ring, open }).at(-1)?.name;
    expect([last(true), last(false)]).toEqual(['offered', 'not offered yet']);
  });
});
