import type { Tally } from '../api/posture';
import { statusText } from '../strings/en/verdict';
import { Bar } from './Bar';

/** Results by verdict; what fails and is waived is drawn apart, and fails all the same. */
export function VerdictBar({ label, tally }: { label: string; tally: Tally }) {
  return (
    <Bar
      label={label}
      parts={[
        { name: statusText.fail.word.toLowerCase(), count: tally.failed - tally.waived, tone: 'fail' },
        { name: 'fail, waived', count: tally.waived, tone: 'exception' },
        { name: statusText.error.word.toLowerCase(), count: tally.error, tone: 'warn' },
        { name: statusText.not_assessable.word.toLowerCase(), count: tally.not_assessable, tone: 'stale' },
        { name: statusText.manual.word.toLowerCase(), count: tally.manual, tone: 'accent' },
        { name: statusText.pass.word.toLowerCase(), count: tally.passed, tone: 'pass' },
        { name: statusText.not_applicable.word.toLowerCase(), count: tally.not_applicable, tone: 'rest' },
      ]}
    />
  );
}
