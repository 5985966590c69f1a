/**
 * Where one can go from anywhere, once each: the rail, the palette, the shortcuts and the crumbs are made of it.
 */
import {
  IconActivity,
  IconAlertTriangle,
  IconBooks,
  IconChecklist,
  IconGridDots,
  IconLayoutDashboard,
  IconListCheck,
  IconArrowsDiff,
  IconBookmark,
  IconDownload,
  IconGitCompare,
  IconPackage,
  IconPlugConnected,
  IconProgressDown,
  IconSearch,
  IconServer2,
  IconUrgent,
  IconShieldHalf,
} from '@tabler/icons-react';
import type { LinkProps } from '@tanstack/react-router';

/** The rail's groups, from the top; `foot` stands at the end, without a title. */
export const GROUPS = ['Fleet', 'Compliance', 'Intelligence', 'Act', 'foot'] as const;

export type Place = {
  to: NonNullable<LinkProps['to']>;
  label: string;
  icon: typeof IconServer2;
  group: (typeof GROUPS)[number];
  /** The letter that goes there after `g`. */
  key?: string;
  /** Who may not do this does not see the place. */
  permission: string;
};

export const PLACES: readonly Place[] = [
  {
    to: '/',
    label: 'Overview',
    icon: IconLayoutDashboard,
    group: 'Fleet',
    key: 'o',
    permission: 'hosts.read',
  },
  { to: '/hosts', label: 'Hosts', icon: IconServer2, group: 'Fleet', key: 'h', permission: 'hosts.read' },
  {
    to: '/posture',
    label: 'Posture map',
    icon: IconGridDots,
    group: 'Fleet',
    key: 'm',
    permission: 'results.read',
  },
  {
    to: '/findings',
    label: 'Findings',
    icon: IconUrgent,
    group: 'Compliance',
    key: 'f',
    permission: 'results.read',
  },
  {
    to: '/rules',
    label: 'Rules',
    icon: IconListCheck,
    group: 'Compliance',
    key: 'u',
    permission: 'rules.read',
  },
  {
    to: '/frameworks',
    label: 'Frameworks',
    icon: IconBooks,
    group: 'Compliance',
    key: 'w',
    permission: 'rules.read',
  },
  {
    to: '/profiles',
    label: 'Profiles',
    icon: IconChecklist,
    group: 'Compliance',
    key: 'p',
    permission: 'rules.read',
  },
  {
    to: '/exceptions',
    label: 'Exceptions',
    icon: IconShieldHalf,
    group: 'Compliance',
    key: 'x',
    permission: 'waivers.read',
  },
  {
    to: '/drift',
    label: 'Drift',
    icon: IconArrowsDiff,
    group: 'Intelligence',
    key: 'd',
    permission: 'drift.read',
  },
  {
    to: '/compare',
    label: 'Compare',
    icon: IconGitCompare,
    group: 'Intelligence',
    permission: 'results.read',
  },
  {
    to: '/baselines',
    label: 'Baselines',
    icon: IconBookmark,
    group: 'Intelligence',
    permission: 'baselines.read',
  },
  {
    to: '/activity',
    label: 'Activity',
    icon: IconActivity,
    group: 'Intelligence',
    key: 'v',
    permission: 'hosts.read',
  },
  {
    to: '/facts',
    label: 'Packages and facts',
    icon: IconSearch,
    group: 'Intelligence',
    key: 's',
    permission: 'facts.read',
  },
  {
    to: '/alerts',
    label: 'Alerts',
    icon: IconAlertTriangle,
    group: 'Act',
    key: 'a',
    permission: 'alerts.read',
  },
  {
    to: '/content',
    label: 'Content',
    icon: IconPackage,
    group: 'Act',
    key: 'c',
    permission: 'content.read',
  },
  {
    to: '/rollouts',
    label: 'Rollouts',
    icon: IconProgressDown,
    group: 'Act',
    key: 'r',
    permission: 'rollouts.read',
  },
  {
    to: '/exports',
    label: 'Exports',
    icon: IconDownload,
    group: 'foot',
    permission: 'hosts.read',
  },
  {
    to: '/enrol',
    label: 'Enrol hosts',
    icon: IconPlugConnected,
    group: 'foot',
    key: 'e',
    permission: 'enrolment.read',
  },
];
