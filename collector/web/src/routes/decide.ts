import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import {
  activitySearch,
  baselinesSearch,
  compareSearch,
  driftSearch,
  exceptionsSearch,
  fleetFactsSearch,
  newExceptionSearch,
  storySearch,
} from '../lib/search/decide';
import { signedIn } from './root';

const exceptions = createRoute({
  getParentRoute: () => signedIn,
  path: '/exceptions',
  validateSearch: exceptionsSearch,
  component: lazyRouteComponent(() => import('../pages/exceptions/ExceptionsPage'), 'ExceptionsPage'),
});

const newException = createRoute({
  getParentRoute: () => signedIn,
  path: '/exceptions/new',
  validateSearch: newExceptionSearch,
  component: lazyRouteComponent(() => import('../pages/newexception/NewExceptionPage'), 'NewExceptionPage'),
});

const exception = createRoute({
  getParentRoute: () => signedIn,
  path: '/exceptions/$id',
  component: lazyRouteComponent(() => import('../pages/exception/ExceptionPage'), 'ExceptionPage'),
});

const drift = createRoute({
  getParentRoute: () => signedIn,
  path: '/drift',
  validateSearch: driftSearch,
  component: lazyRouteComponent(() => import('../pages/drift/DriftPage'), 'DriftPage'),
});

const story = createRoute({
  getParentRoute: () => signedIn,
  path: '/drift/$id',
  validateSearch: storySearch,
  component: lazyRouteComponent(() => import('../pages/story/StoryPage'), 'StoryPage'),
});

const compare = createRoute({
  getParentRoute: () => signedIn,
  path: '/compare',
  validateSearch: compareSearch,
  component: lazyRouteComponent(() => import('../pages/compare/ComparePage'), 'ComparePage'),
});

const baselines = createRoute({
  getParentRoute: () => signedIn,
  path: '/baselines',
  validateSearch: baselinesSearch,
  component: lazyRouteComponent(() => import('../pages/baselines/BaselinesPage'), 'BaselinesPage'),
});

const activity = createRoute({
  getParentRoute: () => signedIn,
  path: '/activity',
  validateSearch: activitySearch,
  component: lazyRouteComponent(() => import('../pages/activity/ActivityPage'), 'ActivityPage'),
});

const facts = createRoute({
  getParentRoute: () => signedIn,
  path: '/facts',
  validateSearch: fleetFactsSearch,
  component: lazyRouteComponent(() => import('../pages/facts/FleetFactsPage'), 'FleetFactsPage'),
});

const exports = createRoute({
  getParentRoute: () => signedIn,
  path: '/exports',
  component: lazyRouteComponent(() => import('../pages/exports/ExportsPage'), 'ExportsPage'),
});

/** What is accepted, what became another, and what happens. */
export const decide = [
  exceptions,
  newException,
  exception,
  drift,
  story,
  compare,
  baselines,
  activity,
  facts,
  exports,
] as const;
