import { outcomeWord } from '../../strings/en/govern/audit';
import { Status } from '../../ui/Status';

/** What came of an act. What was done is the usual, and calm. */
export function Outcome({ outcome }: { outcome: string }) {
  const word = outcomeWord[outcome] ?? outcome;
  if (outcome === 'done') return <span className="muted">{word}</span>;
  return <Status tone={outcome === 'failed' ? 'fail' : 'warn'} word={word} />;
}
