/**
 * Where one can go from anywhere, once each: the rail, the palette, the shortcuts and the crumbs are made of it.
 */
import {
  IconAlertTriangle,
  IconHeartbeat,
  IconHelpCircle,
  IconPackage,
  IconPlugConnected,
  IconProgressDown,
  IconServer2,
  IconSettings,
  IconSitemap,
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
  { to: '/hosts', label: 'Hosts', icon: IconServer2, group: 'Fleet', key: 'h', permission: 'hosts.read' },
  {
    to: '/groups',
    label: groupsText.title,
    icon: IconSitemap,
    group: 'Fleet',
    key: 'u',
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
