import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import {
  findingsSearch,
  frameworkSearch,
  mapSearch,
  profilesSearch,
  ruleSearch,
  rulesSearch,
} from '../lib/search/posture';
import { signedIn } from './root';

const map = createRoute({
  getParentRoute: () => signedIn,
  path: '/posture',
  validateSearch: mapSearch,
  component: lazyRouteComponent(() => import('../pages/map/MapPage'), 'MapPage'),
});

const findings = createRoute({
  getParentRoute: () => signedIn,
  path: '/findings',
  validateSearch: findingsSearch,
  component: lazyRouteComponent(() => import('../pages/findings/FindingsPage'), 'FindingsPage'),
});

const rules = createRoute({
  getParentRoute: () => signedIn,
  path: '/rules',
  validateSearch: rulesSearch,
  component: lazyRouteComponent(() => import('../pages/rules/RulesPage'), 'RulesPage'),
});

const rule = createRoute({
  getParentRoute: () => signedIn,
  path: '/rules/$id',
  validateSearch: ruleSearch,
  component: lazyRouteComponent(() => import('../pages/rule/RulePage'), 'RulePage'),
});

const frameworks = createRoute({
  getParentRoute: () => signedIn,
  path: '/frameworks',
  component: lazyRouteComponent(() => import('../pages/frameworks/FrameworksPage'), 'FrameworksPage'),
});

const framework = createRoute({
  getParentRoute: () => signedIn,
  path: '/frameworks/$key',
  validateSearch: frameworkSearch,
  component: lazyRouteComponent(() => import('../pages/framework/FrameworkPage'), 'FrameworkPage'),
});

const profiles = createRoute({
  getParentRoute: () => signedIn,
  path: '/profiles',
  validateSearch: profilesSearch,
  component: lazyRouteComponent(() => import('../pages/profiles/ProfilesPage'), 'ProfilesPage'),
});

/** How hosts stand, and what they are held to. */
export const posture = [map, findings, rules, rule, frameworks, framework, profiles] as const;
