import { type ReactNode, useState } from 'react';
import type { Rollout, RolloutDetail } from '../../api/client';
import { type Steer, useSteerRollout } from '../../api/mutations';
import { Button } from '../../ui/Button';
import { Confirm } from '../../ui/Dialog';
import { BackTo } from './BackTo';

type Verb = Steer['verb'];

const WORDS: Record<Verb, { action: string; look: 'danger' | 'primary'; what: string }> = {
  start: {
    action: 'Start',
    look: 'primary',
    what: 'Hosts are offered it, ring by ring, and it comes in force on those that take it.',
  },
  pause: {
    action: 'Pause',
    look: 'primary',
    what: 'It is offered to nobody new until it is resumed. What was offered stays.',
  },
  resume: {
    action: 'Resume',
    look: 'primary',
    what: 'It goes on in the ring where it stands. After a halt, hosts that refused it are asked again.',
  },
  halt: {
    action: 'Halt',
    look: 'danger',
    what: 'Hosts that have not taken it are not offered it any more. Those that have it keep it.',
  },
  rollback: {
    action: 'Roll back',
    look: 'danger',
    what: 'Every host that was offered it is offered the content of before, at once and without rings.',
  },
};

/** What can be done to a rollout that stands so. A trial alone has brought nothing to roll back. */
export function verbs({ state, started_at }: Pick<Rollout, 'state' | 'started_at'>): Verb[] {
  switch (state) {
    case 'what_if':
      return ['halt', 'start'];
    case 'running':
      return ['rollback', 'halt', 'pause'];
    case 'paused':
      return ['rollback', 'halt', 'resume'];
    case 'halted':
      return started_at === null ? [] : ['rollback', 'resume'];
    case 'completed':
      return ['rollback'];
    case 'rolling_back':
    case 'rolled_back':
      return [];
  }
}

/** The buttons, each with a question first. */
export function Steering({ rollout }: { rollout: RolloutDetail }) {
  const [asked, setAsked] = useState<Verb | null>(null);
  const [reason, setReason] = useState('');
  const [serial, setSerial] = useState<number | null>(null);
  const steer = useSteerRollout(rollout);
  const close = () => {
    setAsked(null);
    setReason('');
    setSerial(null);
    steer.reset();
  };
  const confirm = () => {
    if (asked === null) return;
    if (asked !== 'rollback') return steer.mutate({ steer: { verb: asked }, reason }, { onSuccess: close });
    if (serial !== null) steer.mutate({ steer: { verb: asked, serial }, reason }, { onSuccess: close });
  };
  const dialog = (verb: Verb, words: (typeof WORDS)[Verb], more?: ReactNode) => (
    <Confirm
      opened={asked === verb}
      title={`${words.action} the rollout of bundle ${rollout.serial}?`}
      action={`${words.action} bundle ${rollout.serial}`}
      look={words.look}
      busy={steer.isPending}
      error={steer.error}
      onConfirm={confirm}
      onClose={close}
    >
      <p>{words.what}</p>
      {more}
      <label className="field">
        <span>Why</span>
        <input maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
        <small>For those who read what happened</small>
      </label>
    </Confirm>
  );
  return verbs(rollout).map((verb) => (
    <span key={verb}>
      <Button
        look={verb === 'halt' || verb === 'rollback' ? 'danger' : 'primary'}
        onClick={() => setAsked(verb)}
      >
        {WORDS[verb].action}
      </Button>
      {dialog(
        verb,
        WORDS[verb],
        verb === 'rollback' && asked === verb && (
          <BackTo rollout={rollout} serial={serial} onChoose={setSerial} />
        ),
      )}
    </span>
  ));
}
