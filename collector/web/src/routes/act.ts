import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { alertsSearch, contentSearch } from '../lib/search';
import { signedIn } from './root';

const alerts = createRoute({
  getParentRoute: () => signedIn,
  path: '/alerts',
  validateSearch: alertsSearch,
  component: lazyRouteComponent(() => import('../pages/alerts/AlertsPage'), 'AlertsPage'),
});

const alert = createRoute({
  getParentRoute: () => signedIn,
  path: '/alerts/$id',
  component: lazyRouteComponent(() => import('../pages/alert/AlertPage'), 'AlertPage'),
});

const content = createRoute({
  getParentRoute: () => signedIn,
  path: '/content',
  validateSearch: contentSearch,
  component: lazyRouteComponent(() => import('../pages/content/ContentPage'), 'ContentPage'),
});

const rollouts = createRoute({
  getParentRoute: () => signedIn,
  path: '/rollouts',
  component: lazyRouteComponent(() => import('../pages/rollouts/RolloutsPage'), 'RolloutsPage'),
});

const rollout = createRoute({
  getParentRoute: () => signedIn,
  path: '/rollouts/$id',
  component: lazyRouteComponent(() => import('../pages/rollout/RolloutPage'), 'RolloutPage'),
});

/** What asks for a deed, and deeds to the whole fleet. */
export const act = [alerts, alert, content, rollouts, rollout] as const;
