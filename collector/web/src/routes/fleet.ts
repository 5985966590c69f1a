import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { hostsSearch } from '../lib/search';
import { hostPageSearch } from '../lib/search/posture';
import { signedIn } from './root';

const index = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  component: lazyRouteComponent(() => import('../pages/overview/OverviewPage'), 'OverviewPage'),
});

const hosts = createRoute({
  getParentRoute: () => signedIn,
  path: '/hosts',
  validateSearch: hostsSearch,
  component: lazyRouteComponent(() => import('../pages/hosts/HostsPage'), 'HostsPage'),
});

const host = createRoute({
  getParentRoute: () => signedIn,
  path: '/hosts/$id',
  validateSearch: hostPageSearch,
  component: lazyRouteComponent(() => import('../pages/host/HostPage'), 'HostPage'),
});

const enrol = createRoute({
  getParentRoute: () => signedIn,
  path: '/enrol',
  component: lazyRouteComponent(() => import('../pages/enrol/EnrolPage'), 'EnrolPage'),
});

/** The hosts, and how there come to be more. */
export const fleet = [index, hosts, host, enrol] as const;
