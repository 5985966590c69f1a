/** The whole fleet, for the map: a cell for each host. The API gives it in pages of 500, one after the other. */
import { queryOptions } from '@tanstack/react-query';
import { api, unwrap } from './client';
import type { HostPosture } from './posture';

const A_PAGE = 500;
/** A fleet of some pages is asked for again this often; a larger one more seldom. */
const EVERY_MS = 15_000;
const SELDOM_MS = 120_000;
const SMALL = 2_000;

/** To which groups a host belongs, and what runs on it. */
export type HostPlace = { groups: string[]; os: string | null };

/** How each host stands. */
export const mapHosts = (at: string | undefined) =>
  queryOptions({
    queryKey: ['map', 'hosts', { at }],
    queryFn: async ({ signal }) => {
      const hosts: HostPosture[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await unwrap(
          api.GET('/api/v1/posture/hosts', { params: { query: { at, cursor, limit: A_PAGE } }, signal }),
        );
        hosts.push(...page.items);
        if (page.next === null) return hosts;
        cursor = page.next;
      }
    },
    refetchInterval: ({ state }) => (at ? false : (state.data?.length ?? 0) <= SMALL ? EVERY_MS : SELDOM_MS),
    staleTime: at ? Number.POSITIVE_INFINITY : EVERY_MS,
  });

/** What hosts are grouped by, which the list of how they stand does not say. */
export const mapPlaces = () =>
  queryOptions({
    queryKey: ['map', 'places'],
    queryFn: async ({ signal }) => {
      const places = new Map<string, HostPlace>();
      for (let cursor: string | undefined; ; ) {
        const page = await unwrap(
          api.GET('/api/v1/hosts', { params: { query: { cursor, limit: A_PAGE } }, signal }),
        );
        for (const host of page.items) places.set(host.id, { groups: host.groups, os: host.os_name });
        if (page.next === null) return places;
        cursor = page.next;
      }
    },
    staleTime: SELDOM_MS,
  });
