import type { Waiver } from '../../api/waivers';
import { waiverState } from '../../strings/en/decide';
import type { Tone } from '../../ui/Shape';
import { Status } from '../../ui/Status';

const TONE: Record<Waiver['state'], Tone> = {
  requested: 'warn',
  approved: 'exception',
  rejected: 'unknown',
  withdrawn: 'unknown',
  revoked: 'stale',
  renewed: 'stale',
  expired: 'fail',
};

export function WaiverStatus({ state }: { state: Waiver['state'] }) {
  const { word, meaning } = waiverState[state];
  return <Status tone={TONE[state]} word={word} meaning={meaning} />;
}
