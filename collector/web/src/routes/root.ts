import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  lazyRouteComponent,
  redirect,
  retainSearchParams,
} from '@tanstack/react-router';
import { queries } from '../api/queries';
import { signedInSearch, signInSearch } from '../lib/search';
import { NotFound } from '../pages/NotFound';
import { Broken } from '../shell/Broken';
import { Shell } from '../shell/Shell';

export const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  notFoundComponent: NotFound,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import('../pages/signin/SignInPage'), 'SignInPage'),
});

/** Where a link leads with which somebody chooses a password. */
const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  component: lazyRouteComponent(() => import('../pages/invitation/InvitationPage'), 'InvitationPage'),
});

/** Everything that nobody needs to be signed in for. */
export const open = [signIn, invitation] as const;

/** Everything that needs somebody signed in. The instant that they look at goes with them from page to page. */
export const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  validateSearch: signedInSearch,
  search: { middlewares: [retainSearchParams(['at'])] },
  beforeLoad: async ({ context, location }) => {
    const session = await context.queryClient.ensureQueryData(queries.session());
    if (!session) throw redirect({ to: '/sign-in', search: { to: location.href } });
    // Nothing else is answered until the password is one's own, and something stands beside it.
    if (session.password_needed) {
      if (location.pathname !== '/account') throw redirect({ to: '/account' });
      return;
    }
    if (session.factor_needed && location.pathname !== '/account/security')
      throw redirect({ to: '/account/security' });
  },
  component: Shell,
  errorComponent: Broken,
});
