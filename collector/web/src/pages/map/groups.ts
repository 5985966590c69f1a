import type { HostPlace } from '../../api/map';
import type { HostPosture } from '../../api/posture';
import { STANDINGS, type Standing } from '../../lib/search/posture';
import { standing } from '../../lib/standing';
import { map as text } from '../../strings/en/catalogue';

export type Cell = { host: HostPosture; standing: Standing };
export type Group = { name: string; cells: Cell[]; counts: Record<Standing, number> };

const none = (): Record<Standing, number> => ({
  failing: 0,
  warning: 0,
  waived: 0,
  silent: 0,
  unknown: 0,
  passing: 0,
});

/** Hosts by group or system, the largest group first, and the worst host first in each. */
export function groupHosts(
  hosts: readonly HostPosture[],
  places: ReadonlyMap<string, HostPlace>,
  by: 'group' | 'os',
): Group[] {
  const groups = new Map<string, Group>();
  for (const host of hosts) {
    const place = places.get(host.host.id);
    const name =
      by === 'os' ? (place?.os ?? text.noOs) : ([...(place?.groups ?? [])].sort()[0] ?? text.noGroup);
    const group = groups.get(name) ?? { name, cells: [], counts: none() };
    groups.set(name, group);
    const stands = standing(host);
    group.cells.push({ host, standing: stands });
    group.counts[stands] += 1;
  }
  // What the API gave is by score already, and sorting keeps that within each standing.
  for (const group of groups.values())
    group.cells.sort((a, b) => STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing));
  return [...groups.values()].sort((a, b) => b.cells.length - a.cells.length || a.name.localeCompare(b.name));
}

/** How many hosts stand how. */
export function countAll(hosts: readonly HostPosture[]): Record<Standing, number> {
  const all = none();
  for (const host of hosts) all[standing(host)] += 1;
  return all;
}
