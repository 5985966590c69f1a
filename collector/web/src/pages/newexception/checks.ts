import type { WaiverRequest } from '../../api/waivers';

/** What is filled in, as it stands in the fields. */
export type Draft = {
  scope: 'host' | 'group' | 'fleet';
  host: string | undefined;
  group: string | undefined;
  subject: 'rule' | 'control';
  rule: string | undefined;
  framework: string | undefined;
  control: string | undefined;
  reason: string;
  compensating: string;
  risk: string;
  evidence: string;
  days: string;
};
export type Field = 'host' | 'group' | 'rule' | 'framework' | 'control' | 'reason' | 'days';

const length = (text: string) => [...text.trim()].length;
export const wrongReason = (reason: string): boolean => length(reason) < 20 || length(reason) > 2000;
export const wrongDays = (days: string): boolean =>
  !/^\d{1,3}$/.test(days.trim()) || Number(days) < 1 || Number(days) > 365;

/** The fields that cannot be sent so. */
export function wrongFields(draft: Draft): Set<Field> {
  const wrong = new Set<Field>();
  if (draft.scope === 'host' && !draft.host) wrong.add('host');
  if (draft.scope === 'group' && !draft.group) wrong.add('group');
  if (draft.subject === 'rule' && !draft.rule) wrong.add('rule');
  if (draft.subject === 'control' && !draft.framework) wrong.add('framework');
  if (draft.subject === 'control' && !draft.control) wrong.add('control');
  if (wrongReason(draft.reason)) wrong.add('reason');
  if (wrongDays(draft.days)) wrong.add('days');
  return wrong;
}

/** What is sent: of scope and subject only what is chosen, whatever else was filled in before. */
export function toRequest(draft: Draft): WaiverRequest {
  return {
    ...(draft.scope === 'host' && { host: draft.host }),
    ...(draft.scope === 'group' && { group: draft.group }),
    ...(draft.scope === 'fleet' && { fleet: true }),
    ...(draft.subject === 'rule'
      ? { rule: draft.rule }
      : { framework: draft.framework, control: draft.control }),
    reason: draft.reason.trim(),
    compensating_control: draft.compensating.trim(),
    risk_acceptance: draft.risk.trim(),
    evidence: draft.evidence.trim(),
    days: Number(draft.days),
  };
}
