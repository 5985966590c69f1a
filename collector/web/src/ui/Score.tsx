import { scoreText } from '../lib/score';
import { noScore, noScoreMeaning } from '../strings/en/verdict';

/** A score in percent; where nothing passes or fails there is none, which is not 0. */
export function Score({ of }: { of: number | null | undefined }) {
  if (of === null || of === undefined)
    return (
      <span className="muted nowrap" title={noScoreMeaning}>
        {noScore}
      </span>
    );
  return (
    <span className="num nowrap">
      {scoreText(of)}
      <span className="unit"> %</span>
    </span>
  );
}
