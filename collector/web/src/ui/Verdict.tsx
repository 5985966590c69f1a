import type { Status as Code } from '../api/posture';
import type { Standing } from '../lib/search/posture';
import { standingText, statusText, unknownStatus } from '../strings/en/verdict';
import type { Tone } from './Shape';
import { Status } from './Status';

export const VERDICT_TONE: Record<Code, Tone> = {
  pass: 'pass',
  fail: 'fail',
  error: 'warn',
  not_assessable: 'stale',
  manual: 'unknown',
  not_applicable: 'unknown',
};

export const STANDING_TONE: Record<Standing, Tone> = {
  failing: 'fail',
  warning: 'warn',
  waived: 'exception',
  silent: 'stale',
  unknown: 'unknown',
  passing: 'pass',
};

/** What came of a rule. Null is what this collector itself does not know. */
export function Verdict({ status }: { status: string | null }) {
  const known = status !== null && status in statusText ? (status as Code) : null;
  const { word, meaning } = known ? statusText[known] : unknownStatus;
  return (
    <Status
      tone={known ? VERDICT_TONE[known] : 'unknown'}
      word={known ? word : (status ?? word)}
      meaning={meaning}
    />
  );
}

/** How a host stands. */
export function StandingStatus({ of }: { of: Standing }) {
  return <Status tone={STANDING_TONE[of]} {...standingText[of]} />;
}
