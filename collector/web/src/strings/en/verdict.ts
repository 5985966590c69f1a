/** Verdicts and scores, wherever they stand. */
import type { Status } from '../../api/posture';
import type { Standing } from '../../lib/search/posture';

export const statusText: Record<Status, { word: string; meaning: string }> = {
  pass: { word: 'Pass', meaning: 'It is as the rule demands' },
  fail: { word: 'Fail', meaning: 'It is otherwise than the rule demands' },
  error: { word: 'Error', meaning: 'The rule could not be decided; that is no pass' },
  not_applicable: { word: 'Not applicable', meaning: 'The rule is not about this host' },
  not_assessable: { word: 'Not assessable', meaning: 'A value or a right is missing to decide it' },
  manual: { word: 'Manual', meaning: 'A person has to decide it' },
};

export const standingText: Record<Standing, { word: string; meaning: string }> = {
  failing: { word: 'Failing', meaning: 'A rule of critical or high severity fails' },
  warning: { word: 'Warning', meaning: 'Rules fail, none of critical or high severity' },
  waived: { word: 'Waived', meaning: 'All that fails is accepted for a while' },
  silent: { word: 'Silent', meaning: 'Not heard of for 24 hours: it counts in no score' },
  unknown: { word: 'Unknown', meaning: 'Nothing passes or fails there' },
  passing: { word: 'Passing', meaning: 'No rule fails' },
};

/** A newer collector may tell what this console does not know. */
export const unknownStatus = { word: 'Unknown', meaning: 'This console does not know the verdict' };

export const noScore = 'No score';
export const noScoreMeaning = 'Nothing passes or fails';
