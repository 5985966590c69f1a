import type { Alert, Host, HostKind, Rollout, Token } from '../api/client';
import { alertState, hostState, rolloutState, staleText, tokenState } from '../strings/en';
import { Shape, type Tone } from './Shape';

const HOST_TONE: Record<Host['state'], Tone> = {
  online: 'pass',
  agent_stopped: 'stale',
  host_shutdown: 'stale',
  host_rebooting: 'unknown',
  link_lost: 'warn',
  agent_killed: 'warn',
  never_seen: 'unknown',
  unknown: 'unknown',
  revoked: 'fail',
  retired: 'stale',
  quarantined: 'warn',
};
const TOKEN_TONE: Record<Token['state'], Tone> = {
  active: 'pass',
  expired: 'stale',
  used_up: 'unknown',
  revoked: 'fail',
};

const ROLLOUT_TONE: Record<Rollout['state'], Tone> = {
  what_if: 'unknown',
  running: 'unknown',
  paused: 'warn',
  halted: 'fail',
  completed: 'pass',
  rolling_back: 'warn',
  rolled_back: 'stale',
};

const ALERT_TONE: Record<Alert['state'], Tone> = {
  active: 'fail',
  acknowledged: 'warn',
  snoozed: 'stale',
  dismissed: 'unknown',
  resolved: 'pass',
};

/** A state as colour, shape and word, always all three. */
export function Status({ tone, word, meaning }: { tone: Tone; word: string; meaning?: string }) {
  return (
    <span className="status" data-tone={tone} title={meaning}>
      <Shape tone={tone} />
      {word}
    </span>
  );
}

export function HostStatus({ state }: { state: Host['state'] }) {
  const { word, meaning } = hostState[state];
  return <Status tone={HOST_TONE[state]} word={word} meaning={meaning} />;
}

export function TokenStatus({ state }: { state: Token['state'] }) {
  return <Status tone={TOKEN_TONE[state]} word={tokenState[state]} />;
}

export function RolloutStatus({ state }: { state: Rollout['state'] }) {
  const { word, meaning } = rolloutState[state];
  return <Status tone={ROLLOUT_TONE[state]} word={word} meaning={meaning} />;
}

export function AlertStatus({ state }: { state: Alert['state'] }) {
  const { word, meaning } = alertState[state];
  return <Status tone={ALERT_TONE[state]} word={word} meaning={meaning} />;
}

export function Freshness({ stale, online }: { stale: HostKind['stale']; online: boolean }) {
  // Healthy is calm: only what asks for action has a colour.
  if (!stale) return <span className="muted">{online ? 'Current' : 'As last seen'}</span>;
  return <Status tone="warn" word="Stale" meaning={staleText(stale.reason)} />;
}
