import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { queries } from '../api/queries';
import {
  accessSearch,
  auditSearch,
  deliveriesSearch,
  groupSearch,
  helpSearch,
  silencesSearch,
  systemSearch,
} from '../lib/search/govern';
import { SETTINGS_PAGES } from '../shell/settings';
import { signedIn } from './root';

const settings = createRoute({
  getParentRoute: () => signedIn,
  path: '/settings',
  component: lazyRouteComponent(() => import('../pages/settings/SettingsFrame'), 'SettingsFrame'),
});

/** Leads to the first page that one may see; says so when there is none. */
const first = createRoute({
  getParentRoute: () => settings,
  path: '/',
  beforeLoad: async ({ context }) => {
    const session = await context.queryClient.ensureQueryData(queries.session());
    const may = new Set(session?.grants.map((grant) => grant.permission));
    const page = SETTINGS_PAGES.find(({ permission }) => may.has(permission));
    if (page) throw redirect({ to: page.to });
  },
  component: lazyRouteComponent(() => import('../pages/settings/NothingHere'), 'NothingHere'),
});

const accounts = createRoute({
  getParentRoute: () => settings,
  path: '/accounts',
  component: lazyRouteComponent(() => import('../pages/people/accounts/AccountsPage'), 'AccountsPage'),
});

const account = createRoute({
  getParentRoute: () => settings,
  path: '/accounts/$name',
  component: lazyRouteComponent(() => import('../pages/people/account/AccountPage'), 'AccountPage'),
});

const roles = createRoute({
  getParentRoute: () => settings,
  path: '/roles',
  component: lazyRouteComponent(() => import('../pages/people/roles/RolesPage'), 'RolesPage'),
});

const role = createRoute({
  getParentRoute: () => settings,
  path: '/roles/$name',
  component: lazyRouteComponent(() => import('../pages/people/role/RolePage'), 'RolePage'),
});

const access = createRoute({
  getParentRoute: () => settings,
  path: '/access',
  validateSearch: accessSearch,
  component: lazyRouteComponent(() => import('../pages/people/access/AccessPage'), 'AccessPage'),
});

const audit = createRoute({
  getParentRoute: () => settings,
  path: '/audit',
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import('../pages/audit/AuditPage'), 'AuditPage'),
});

const record = createRoute({
  getParentRoute: () => settings,
  path: '/audit/$stream/$seq',
  component: lazyRouteComponent(() => import('../pages/audit/RecordPage'), 'RecordPage'),
});

const channels = createRoute({
  getParentRoute: () => settings,
  path: '/channels',
  component: lazyRouteComponent(() => import('../pages/telling/ChannelsPage'), 'ChannelsPage'),
});

const channel = createRoute({
  getParentRoute: () => settings,
  path: '/channels/$id',
  component: lazyRouteComponent(() => import('../pages/telling/ChannelPage'), 'ChannelPage'),
});

const routes = createRoute({
  getParentRoute: () => settings,
  path: '/routes',
  component: lazyRouteComponent(() => import('../pages/telling/RoutesPage'), 'RoutesPage'),
});

const deliveries = createRoute({
  getParentRoute: () => settings,
  path: '/deliveries',
  validateSearch: deliveriesSearch,
  component: lazyRouteComponent(() => import('../pages/telling/DeliveriesPage'), 'DeliveriesPage'),
});

const delivery = createRoute({
  getParentRoute: () => settings,
  path: '/deliveries/$id',
  component: lazyRouteComponent(() => import('../pages/telling/DeliveryPage'), 'DeliveryPage'),
});

const rules = createRoute({
  getParentRoute: () => settings,
  path: '/alert-rules',
  component: lazyRouteComponent(() => import('../pages/telling/RulesPage'), 'RulesPage'),
});

const rule = createRoute({
  getParentRoute: () => settings,
  path: '/alert-rules/$id',
  component: lazyRouteComponent(() => import('../pages/telling/RulePage'), 'RulePage'),
});

const silences = createRoute({
  getParentRoute: () => settings,
  path: '/silences',
  validateSearch: silencesSearch,
  component: lazyRouteComponent(() => import('../pages/telling/SilencesPage'), 'SilencesPage'),
});

const maintenance = createRoute({
  getParentRoute: () => settings,
  path: '/maintenance',
  component: lazyRouteComponent(() => import('../pages/telling/MaintenancePage'), 'MaintenancePage'),
});

const retention = createRoute({
  getParentRoute: () => settings,
  path: '/retention',
  component: lazyRouteComponent(() => import('../pages/retention/RetentionPage'), 'RetentionPage'),
});

const archive = createRoute({
  getParentRoute: () => settings,
  path: '/archive',
  component: lazyRouteComponent(() => import('../pages/archive/ArchivePage'), 'ArchivePage'),
});

const fleetSettings = createRoute({
  getParentRoute: () => settings,
  path: '/fleet',
  component: lazyRouteComponent(() => import('../pages/layer/FleetSettingsPage'), 'FleetSettingsPage'),
});

const groups = createRoute({
  getParentRoute: () => signedIn,
  path: '/groups',
  component: lazyRouteComponent(() => import('../pages/groups/GroupsPage'), 'GroupsPage'),
});

const group = createRoute({
  getParentRoute: () => signedIn,
  path: '/groups/$id',
  validateSearch: groupSearch,
  component: lazyRouteComponent(() => import('../pages/group/GroupPage'), 'GroupPage'),
});

const tokens = createRoute({
  getParentRoute: () => settings,
  path: '/tokens',
  component: lazyRouteComponent(() => import('../pages/tokens/AllTokensPage'), 'AllTokensPage'),
});

const providers = createRoute({
  getParentRoute: () => settings,
  path: '/providers',
  component: lazyRouteComponent(() => import('../pages/providers/ProvidersPage'), 'ProvidersPage'),
});

const provider = createRoute({
  getParentRoute: () => settings,
  path: '/providers/$name',
  component: lazyRouteComponent(() => import('../pages/providers/ProviderPage'), 'ProviderPage'),
});

const own = createRoute({
  getParentRoute: () => signedIn,
  path: '/account',
  component: lazyRouteComponent(() => import('../pages/account/AccountPage'), 'AccountPage'),
});

const ownTokens = createRoute({
  getParentRoute: () => signedIn,
  path: '/account/tokens',
  component: lazyRouteComponent(() => import('../pages/tokens/OwnTokensPage'), 'OwnTokensPage'),
});

const system = createRoute({
  getParentRoute: () => signedIn,
  path: '/system',
  validateSearch: systemSearch,
  component: lazyRouteComponent(() => import('../pages/system/SystemPage'), 'SystemPage'),
});

const help = createRoute({
  getParentRoute: () => signedIn,
  path: '/help',
  validateSearch: helpSearch,
  component: lazyRouteComponent(() => import('../pages/help/HelpPage'), 'HelpPage'),
});

/** Who may do what, where it is told, and how the fleet is set up. */
export const govern = [
  settings.addChildren([
    first,
    accounts,
    account,
    roles,
    role,
    access,
    audit,
    record,
    channels,
    channel,
    routes,
    deliveries,
    delivery,
    rules,
    rule,
    silences,
    maintenance,
    retention,
    archive,
    fleetSettings,
    tokens,
    providers,
    provider,
  ]),
  groups,
  group,
  own,
  ownTokens,
  system,
  help,
] as const;
