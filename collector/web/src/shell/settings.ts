/** The pages of settings, once each: their frame, the palette and the crumbs are made of it. */
import type { LinkProps } from '@tanstack/react-router';
import { settingsGroup, settingsPage } from '../strings/en/govern/settings';

export type SettingsPage = {
  to: NonNullable<LinkProps['to']>;
  label: string;
  group: string;
  permission: string;
};

const page = (
  to: NonNullable<LinkProps['to']>,
  label: string,
  group: string,
  permission: string,
): SettingsPage => ({ to, label, group, permission });

const { people, notifications, fleet, record } = settingsGroup;

export const SETTINGS_PAGES: readonly SettingsPage[] = [
  page('/settings/accounts', settingsPage.accounts, people, 'accounts.read'),
  page('/settings/roles', settingsPage.roles, people, 'accounts.read'),
  page('/settings/access', settingsPage.access, people, 'accounts.read'),
  page('/settings/providers', settingsPage.providers, people, 'accounts.read'),
  page('/settings/tokens', settingsPage.tokens, people, 'accounts.read'),
  page('/settings/channels', settingsPage.channels, notifications, 'channels.read'),
  page('/settings/routes', settingsPage.routes, notifications, 'channels.read'),
  page('/settings/deliveries', settingsPage.deliveries, notifications, 'channels.read'),
  page('/settings/alert-rules', settingsPage.alertRules, notifications, 'alert_rules.read'),
  page('/settings/silences', settingsPage.silences, notifications, 'alerts.read'),
  page('/settings/maintenance', settingsPage.maintenance, notifications, 'maintenance.read'),
  page('/settings/fleet', settingsPage.fleet, fleet, 'settings.read'),
  page('/settings/retention', settingsPage.retention, record, 'retention.read'),
  page('/settings/archive', settingsPage.archive, record, 'archives.read'),
  page('/settings/audit', settingsPage.audit, record, 'audit.read'),
];
