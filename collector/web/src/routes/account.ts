import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { signedIn } from './root';

const security = createRoute({
  getParentRoute: () => signedIn,
  path: '/account/security',
  component: lazyRouteComponent(() => import('../pages/security/SecurityPage'), 'SecurityPage'),
});

const notifications = createRoute({
  getParentRoute: () => signedIn,
  path: '/account/notifications',
  component: lazyRouteComponent(
    () => import('../pages/notifications/NotificationsPage'),
    'NotificationsPage',
  ),
});

/** What is one's own. */
export const account = [security, notifications] as const;
