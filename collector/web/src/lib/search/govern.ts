/** View state of the pages of settings, groups and help in the URL. */
import * as z from 'zod/mini';
import { dropped, instant, text } from '../search';

const uuid = dropped(z.string().check(z.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)));

export const ANSWERS = ['allowed', 'denied'] as const;
export const accessSearch = z.object({ account: text, host: uuid, answer: dropped(z.enum(ANSWERS)) });

export const STREAMS = ['access', 'change'] as const;
export const OUTCOMES = ['done', 'refused', 'failed'] as const;
export const auditSearch = z.object({
  stream: dropped(z.enum(STREAMS)),
  actor: text,
  action: text,
  outcome: dropped(z.enum(OUTCOMES)),
  target_kind: text,
  target: text,
  address: text,
  from: instant,
  to: instant,
  q: text,
});
export type AuditView = z.infer<typeof auditSearch>;

export const DELIVERY_STATES = ['waiting', 'delivered', 'dead', 'unrouted'] as const;
export const deliveriesSearch = z.object({
  channel: uuid,
  state: dropped(z.enum(DELIVERY_STATES)),
  since: instant,
});
export type DeliveriesView = z.infer<typeof deliveriesSearch>;

/** The boxes of a URL that are ticked are `1`, and no others are in it. */
const ticked = dropped(z.literal('1'));
export const silencesSearch = z.object({ ended: ticked });
/** What a form of settings is to be about when it opens: a host. */
export const aboutHostSearch = z.object({ host: uuid });

export const GROUP_TABS = ['hosts', 'definition', 'settings'] as const;
export const groupSearch = z.object({ tab: dropped(z.enum(GROUP_TABS)) });

export const JOB_STATES = ['waiting', 'running', 'dead'] as const;
export const systemSearch = z.object({ jobs: dropped(z.enum(JOB_STATES)) });

export const helpSearch = z.object({ page: dropped(z.string().check(z.regex(/^[a-z-]{1,40}$/))), q: text });
