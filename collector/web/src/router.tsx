import { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { Problem } from './api/problem';
import { queries } from './api/queries';
import {
  alertsSearch,
  contentSearch,
  hostSearch,
  hostsSearch,
  parse,
  signInSearch,
  stringify,
} from './lib/search';
import { NotFound } from './pages/NotFound';
import { Broken } from './shell/Broken';
import { Shell } from './shell/Shell';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The live feed says when something is old; this only spares repeats while moving about.
      staleTime: 30_000,
      gcTime: 5 * 60_000,
      refetchOnWindowFocus: false,
      // Another try helps when nobody answered, not when the answer was no.
      retry: (failures, error) =>
        failures < 1 && error instanceof Problem && (error.status === 0 || error.status >= 502),
    },
  },
});

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  notFoundComponent: NotFound,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import('./pages/signin/SignInPage'), 'SignInPage'),
});

/** Where a link leads with which somebody chooses a password. */
const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  component: lazyRouteComponent(() => import('./pages/invitation/InvitationPage'), 'InvitationPage'),
});

/** Everything that needs somebody signed in. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ context, location }) => {
    const session = await context.queryClient.ensureQueryData(queries.session());
    if (!session) throw redirect({ to: '/sign-in', search: { to: location.href } });
    // Nothing else is answered until something stands beside the password.
    if (session.factor_needed && location.pathname !== '/account/security')
      throw redirect({ to: '/account/security' });
  },
  component: Shell,
  errorComponent: Broken,
});

const index = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/hosts' });
  },
});

const hosts = createRoute({
  getParentRoute: () => signedIn,
  path: '/hosts',
  validateSearch: hostsSearch,
  component: lazyRouteComponent(() => import('./pages/hosts/HostsPage'), 'HostsPage'),
});

const host = createRoute({
  getParentRoute: () => signedIn,
  path: '/hosts/$id',
  validateSearch: hostSearch,
  component: lazyRouteComponent(() => import('./pages/host/HostPage'), 'HostPage'),
});

const enrol = createRoute({
  getParentRoute: () => signedIn,
  path: '/enrol',
  component: lazyRouteComponent(() => import('./pages/enrol/EnrolPage'), 'EnrolPage'),
});

const content = createRoute({
  getParentRoute: () => signedIn,
  path: '/content',
  validateSearch: contentSearch,
  component: lazyRouteComponent(() => import('./pages/content/ContentPage'), 'ContentPage'),
});

const rollouts = createRoute({
  getParentRoute: () => signedIn,
  path: '/rollouts',
  component: lazyRouteComponent(() => import('./pages/rollouts/RolloutsPage'), 'RolloutsPage'),
});

const rollout = createRoute({
  getParentRoute: () => signedIn,
  path: '/rollouts/$id',
  component: lazyRouteComponent(() => import('./pages/rollout/RolloutPage'), 'RolloutPage'),
});

const alerts = createRoute({
  getParentRoute: () => signedIn,
  path: '/alerts',
  validateSearch: alertsSearch,
  component: lazyRouteComponent(() => import('./pages/alerts/AlertsPage'), 'AlertsPage'),
});

const alert = createRoute({
  getParentRoute: () => signedIn,
  path: '/alerts/$id',
  component: lazyRouteComponent(() => import('./pages/alert/AlertPage'), 'AlertPage'),
});

const security = createRoute({
  getParentRoute: () => signedIn,
  path: '/account/security',
  component: lazyRouteComponent(() => import('./pages/security/SecurityPage'), 'SecurityPage'),
});

const notifications = createRoute({
  getParentRoute: () => signedIn,
  path: '/account/notifications',
  component: lazyRouteComponent(() => import('./pages/notifications/NotificationsPage'), 'NotificationsPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    invitation,
    signedIn.addChildren([
      index,
      hosts,
      host,
      enrol,
      content,
      rollouts,
      rollout,
      alerts,
      alert,
      security,
      notifications,
    ]),
  ]),
  context: { queryClient },
  defaultPreload: 'intent',
  parseSearch: parse,
  stringifySearch: stringify,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

/** The session is over: nothing that was read with it stays, and signing in leads back here. */
export function toSignIn(): void {
  const { pathname, href } = router.state.location;
  queryClient.clear();
  queryClient.setQueryData(queries.session().queryKey, null);
  if (pathname !== '/sign-in') void router.navigate({ to: '/sign-in', search: { to: href } });
}
