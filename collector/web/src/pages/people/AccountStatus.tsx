import type { Account } from '../../api/people';
import { accountState } from '../../strings/en/govern/people';
import type { Tone } from '../../ui/Shape';
import { Status } from '../../ui/Status';

const ACCOUNT_TONE: Record<Account['state'], Tone> = {
  active: 'pass',
  invited: 'unknown',
  disabled: 'stale',
};

export function AccountStatus({ state }: { state: Account['state'] }) {
  const { word, meaning } = accountState[state];
  return <Status tone={ACCOUNT_TONE[state]} word={word} meaning={meaning} />;
}
