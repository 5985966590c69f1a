import type { AuditFault, AuditLine } from '../../api/audit';

/** What is known of a verification so far. */
export type Verification = {
  begun: { checkpoints: number; key: string } | null;
  faults: AuditFault[];
  walked: number;
  /** What it came to; null until its last line. Without that line nothing is proven. */
  done: { records: number; faults: number; witnessed: Record<string, number> } | null;
};

export const NOTHING_YET: Verification = { begun: null, faults: [], walked: 0, done: null };

/** Takes in one line of the answer. Lines that are newer than this console are passed over. */
export function take(before: Verification, line: AuditLine): Verification {
  if ('begun' in line) return { ...before, begun: line.begun };
  if ('fault' in line) return { ...before, faults: [...before.faults, line.fault] };
  if ('walked' in line) return { ...before, walked: line.walked.records };
  if ('done' in line) return { ...before, walked: line.done.records, done: line.done };
  return before;
}

export type Outcome = 'whole' | 'broken' | 'cut';

/** What an answer that has ended says. A fault that was told counts, whatever its sum says. */
export function outcome({ done, faults }: Verification): Outcome {
  if (faults.length > 0 || (done && done.faults > 0)) return 'broken';
  return done ? 'whole' : 'cut';
}
