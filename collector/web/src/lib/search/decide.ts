/** View state of exceptions, drift, what happens, and the search over the fleet. */
import * as z from 'zod/mini';
import { dropped, instant, kind, SEVERITIES, text } from '../search';

const uuid = dropped(
  z.string().check(z.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i)),
);
/** An identity that content gives: of a rule, a framework, a control, a profile. */
const key = dropped(z.string().check(z.minLength(1), z.maxLength(200)));
const severity = dropped(z.enum(SEVERITIES));

export const QUEUES = ['asked', 'counting', 'expiring', 'expired', 'all'] as const;
export type Queue = (typeof QUEUES)[number];

export const exceptionsSearch = z.object({
  queue: dropped(z.enum(QUEUES)),
  host: uuid,
  group: uuid,
  rule: key,
  framework: key,
});

/** What a link from a result fills in. */
export const newExceptionSearch = z.object({
  host: uuid,
  group: uuid,
  rule: key,
  framework: key,
  control: key,
});

export const DRIFT_STATES = ['unexplained', 'acknowledged', 'expected'] as const;
export const DRIFT_SORTS = ['verdict', 'value', 'fact'] as const;
export const DRIFT_LEVELS = ['none', 'minor', 'major'] as const;
export const DRIFT_DIRECTIONS = ['worse', 'better', 'neutral'] as const;

export const driftSearch = z.object({
  q: text,
  state: dropped(z.enum(DRIFT_STATES)),
  sort: dropped(z.enum(DRIFT_SORTS)),
  level: dropped(z.enum(DRIFT_LEVELS)),
  direction: dropped(z.enum(DRIFT_DIRECTIONS)),
  severity,
  host: uuid,
  group: uuid,
  rule: key,
  kind,
  since: instant,
  until: instant,
});
export type DriftView = z.infer<typeof driftSearch>;

export const COMPARISONS = ['instants', 'baseline', 'hosts'] as const;

export const compareSearch = z.object({
  what: dropped(z.enum(COMPARISONS)),
  host: uuid,
  group: uuid,
  from: instant,
  to: instant,
  framework: key,
  profile: key,
  baseline: uuid,
  of: dropped(z.enum(['results', 'facts'])),
  kind,
  a: uuid,
  b: uuid,
  view: dropped(z.enum(['unified', 'split'])),
  same: dropped(z.enum(['yes'])),
  fields: dropped(z.enum(['all'])),
});
export type CompareView = z.infer<typeof compareSearch>;

export const baselinesSearch = z.object({ host: uuid, group: uuid });

export const ACTIVITY_SOURCES = ['event', 'verdict', 'drift', 'alert', 'audit', 'liveness'] as const;
export const activitySearch = z.object({
  source: dropped(z.enum(ACTIVITY_SOURCES)),
  severity,
  host: uuid,
  group: uuid,
  since: instant,
  until: instant,
  q: text,
});
export type ActivityView = z.infer<typeof activitySearch>;

/** `where` asks for fields of the value: `version=3.0.11&architecture=amd64`, encoded as a query is; `below` for packages of a
 * version that comes before it. */
export const fleetFactsSearch = z.object({
  kind,
  key,
  where: dropped(z.string().check(z.maxLength(600))),
  below: dropped(z.string().check(z.minLength(1), z.maxLength(256))),
});

export const storySearch = z.object({ view: dropped(z.enum(['unified', 'split'])) });
