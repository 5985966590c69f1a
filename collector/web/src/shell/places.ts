/**
 * Where one can go from anywhere, once each: the rail, the palette, the shortcuts and the crumbs are made of it.
 */
import {
  IconActivity,
  IconAlertTriangle,
  IconArrowsDiff,
  IconBookmark,
  IconBooks,
  IconChecklist,
  IconDownload,
  IconGitCompare,
  IconGridDots,
  IconHeartbeat,
  IconHelpCircle,
  IconLayoutDashboard,
  IconListCheck,
  IconPackage,
  IconPlugConnected,
  IconProgressDown,
  IconSearch,
  IconServer2,
  IconSettings,
  IconShieldHalf,
  IconSitemap,
  IconUrgent,
} from '@tabler/icons-react';
import type { LinkProps } from '@tanstack/react-router';
import { groupsText } from '../strings/en/govern/groups';
import { helpText } from '../strings/en/govern/help';
import { settingsText } from '../strings/en/govern/settings';
import { systemText } from '../strings/en/govern/system';
import { SETTINGS_PAGES } from './settings';

/** The rail's groups, from the top; `foot` stands at the end, without a title. */
export const GROUPS = ['Fleet', 'Compliance', 'Intelligence', 'Act', 'foot'] as const;

export type Place = {
  to: NonNullable<LinkProps['to']>;
  label: string;
  icon: typeof IconServer2;
  group: (typeof GROUPS)[number];
  /** The letter that goes there after `g`. */
  key?: string;
  /** Who may do none of these does not see the place; left out, everybody does. */
  permission?: string | readonly string[];
};

/** Whether somebody sees a place. */
export const isOpen = ({ permission }: Place, may: (permission: string) => boolean): boolean =>
  permission === undefined || [permission].flat().some((each) => may(each));

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
    to: '/groups',
    label: groupsText.title,
    icon: IconSitemap,
    group: 'Fleet',
    key: 'l',
    permission: 'groups.read',
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
  {
    to: '/system',
    label: systemText.title,
    icon: IconHeartbeat,
    group: 'foot',
    key: 'y',
    permission: 'system.read',
  },
  {
    to: '/settings',
    label: settingsText.title,
    icon: IconSettings,
    group: 'foot',
    key: ',',
    permission: SETTINGS_PAGES.map(({ permission }) => permission),
  },
  { to: '/help', label: helpText.title, icon: IconHelpCircle, group: 'foot' },
];
