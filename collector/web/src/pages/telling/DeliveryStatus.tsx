import type { Delivery } from '../../api/telling';
import { deliveryState } from '../../strings/en/govern/channels';
import type { Tone } from '../../ui/Shape';
import { Status } from '../../ui/Status';

const TONES: Record<Delivery['state'], Tone> = {
  waiting: 'unknown',
  delivered: 'pass',
  dead: 'fail',
  unrouted: 'warn',
};

export function DeliveryStatus({ state }: { state: Delivery['state'] }) {
  const { word, meaning } = deliveryState[state];
  return <Status tone={TONES[state]} word={word} meaning={meaning} />;
}
