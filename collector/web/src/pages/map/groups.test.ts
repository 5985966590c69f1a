import { describe, expect, it } from 'vitest';
import type { HostPosture } from '../../api/posture';
import { countAll, groupHosts } from './groups';

const host = (id: string, rest: Partial<HostPosture>): HostPosture =>
  ({
    host: { id, hostname: id },
    silent: false,
    passed: 1,
    failed: 0,
    waived: 0,
    failed_critical: 0,
    failed_high: 0,
    ...rest,
  }) as HostPosture;
const hosts = [host('low', { failed: 1 }), host('fine', {}), host('bad', { failed: 1, failed_high: 1 })];
const places = new Map([
  ['low', { groups: ['web', 'all'], os: 'Debian' }],
  ['bad', { groups: ['all'], os: 'Debian' }],
]);

describe('groupHosts', () => {
  it('puts the largest group first, and in it the worst host', () => {
    const groups = groupHosts(hosts, places, 'group');
    expect(groups.map(({ name, cells }) => [name, cells.map((cell) => cell.host.host.id)])).toEqual([
      ['all', ['bad', 'low']],
      ['In no group', ['fine']],
    ]);
  });
  it('draws every host once, so that the sums are those of the fleet', () => {
    for (const by of ['group', 'os'] as const) {
      const groups = groupHosts(hosts, places, by);
      expect(groups.reduce((sum, { cells }) => sum + cells.length, 0)).toBe(hosts.length);
      for (const [standing, count] of Object.entries(countAll(hosts)))
        expect(groups.reduce((sum, { counts }) => sum + counts[standing as 'failing'], 0)).toBe(count);
    }
  });
});
