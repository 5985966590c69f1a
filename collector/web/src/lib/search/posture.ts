/** View state of the pages about posture, in the URL. What is not known is dropped. */
import * as z from 'zod/mini';
import type { Status } from '../../api/posture';
import { hostSearch, SEVERITIES } from '../search';

const dropped = <T extends z.ZodMiniType>(schema: T) => z.catch(z.optional(schema), undefined);
const text = dropped(z.string().check(z.maxLength(200)));
const key = dropped(z.string().check(z.regex(/^[A-Za-z0-9_.-]{1,100}$/)));
/** A rule's id, and with a further set of values `id@profile`. */
const resultKey = dropped(z.string().check(z.regex(/^[A-Za-z0-9_.-]{1,128}(@[A-Za-z0-9_.-]{1,100})?$/)));
const uuid = dropped(z.string().check(z.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i)));
const severity = dropped(z.enum(SEVERITIES));

/** In the order in which somebody wants to see them: what asks for a deed first. */
export const STATUSES = [
  'fail',
  'error',
  'not_assessable',
  'manual',
  'pass',
  'not_applicable',
] as const satisfies readonly Status[];

export const METRIC_RANGES = ['1h', '6h', '24h', '7d', '30d'] as const;
export type MetricRange = (typeof METRIC_RANGES)[number];

/** The host page, with its tabs of results and of metrics. */
export const hostPageSearch = z.extend(hostSearch, {
  /** Those that fail when it is left out. */
  status: dropped(z.enum([...STATUSES, 'all'])),
  framework: key,
  profile: key,
  severity,
  /** Whose evidence is open. */
  result: resultKey,
  range: dropped(z.enum(METRIC_RANGES)),
});

export const findingsSearch = z.object({ group: uuid, framework: key, profile: key });
export const ruleSearch = z.object({
  status: dropped(z.enum(STATUSES)),
  /** Two hosts whose evidence stands side by side. */
  a: uuid,
  b: uuid,
});
export const rulesSearch = z.object({ q: text, severity, category: key, framework: key, profile: key });
export const frameworkSearch = z.object({ level: key, q: text, show: dropped(z.enum(['covered', 'open'])) });
export const profilesSearch = z.object({ profile: key });

export const MAP_GROUPINGS = ['group', 'os'] as const;
export const STANDINGS = ['failing', 'warning', 'waived', 'silent', 'unknown', 'passing'] as const;
export type Standing = (typeof STANDINGS)[number];
export const mapSearch = z.object({
  by: dropped(z.enum(MAP_GROUPINGS)),
  show: dropped(z.enum(STANDINGS)),
});
