import { QueryClient } from '@tanstack/react-query';
import { createRouter } from '@tanstack/react-router';
import { Problem } from './api/problem';
import { queries } from './api/queries';
import { parse, stringify } from './lib/search';
import { account } from './routes/account';
import { act } from './routes/act';
import { decide } from './routes/decide';
import { fleet } from './routes/fleet';
import { govern } from './routes/govern';
import { posture } from './routes/posture';
import { open, root, signedIn } from './routes/root';

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

export const router = createRouter({
  routeTree: root.addChildren([
    ...open,
    signedIn.addChildren([...fleet, ...posture, ...decide, ...act, ...govern, ...account]),
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
