import { IconArrowDown, IconArrowUp, IconMinus } from '@tabler/icons-react';
import type { DriftStory } from '../../api/drift';
import { driftWords } from '../../strings/en/decide';
import type { Tone } from '../../ui/Shape';
import { Status } from '../../ui/Status';

const TONE: Record<DriftStory['state'], Tone> = {
  unexplained: 'warn',
  acknowledged: 'unknown',
  expected: 'pass',
};
const ARROWS = { worse: IconArrowDown, better: IconArrowUp, neutral: IconMinus };

export function DriftStatus({ state }: { state: DriftStory['state'] }) {
  const { word, meaning } = driftWords.state[state];
  return <Status tone={TONE[state]} word={word} meaning={meaning} />;
}

/** Whether hosts are nearer to what they are held to: an arrow and a word, without a colour of its own. */
export function Direction({ direction }: { direction: DriftStory['direction'] }) {
  const Arrow = ARROWS[direction];
  return (
    <span className="direction">
      <Arrow size={14} aria-hidden />
      {driftWords.direction[direction]}
    </span>
  );
}
