import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { AlertDetail } from '../../api/client';
import { type Deed, useAlertDeed } from '../../api/mutations';
import { queries } from '../../api/queries';
import { Button } from '../../ui/Button';
import { Confirm } from '../../ui/Dialog';
import { inHours, SNOOZES, verbs } from './deeds';

type Verb = Deed['verb'];

const WORDS: Record<Verb, { action: string; what: string }> = {
  acknowledge: {
    action: 'Acknowledge',
    what: 'Others see that somebody looks after it. What becomes so after that makes it active again.',
  },
  snooze: { action: 'Snooze', what: 'Nobody hears of it for a while. Then it wakes by itself.' },
  wake: { action: 'Wake', what: 'It is active again, and people hear of it.' },
  dismiss: { action: 'Dismiss', what: 'Nobody hears of it until it has ended, unless it grows.' },
  assign: { action: 'Assign', what: 'Whoever looks after it hears so, if they may see it.' },
};

/** The buttons, each with a question first. */
export function Deeds({ alert }: { alert: AlertDetail }) {
  const own = useQuery(queries.session()).data?.name;
  const [asked, setAsked] = useState<Verb | null>(null);
  const [note, setNote] = useState('');
  const [hours, setHours] = useState<number>(SNOOZES[0].hours);
  const [account, setAccount] = useState('');
  const deed = useAlertDeed(alert);

  const ask = (verb: Verb) => {
    setAccount(alert.assignee ?? own ?? '');
    setAsked(verb);
  };
  const close = () => {
    setAsked(null);
    setNote('');
    deed.reset();
  };
  const wanted = (verb: Verb): Deed => {
    switch (verb) {
      case 'snooze':
        return { verb, until: inHours(Date.now(), hours), note };
      case 'assign':
        return { verb, account: account.trim() || null };
      default:
        return { verb, note };
    }
  };
  const fields: Partial<Record<Verb, ReactNode>> = {
    snooze: (
      <label className="field">
        <span>For how long</span>
        <select value={hours} onChange={({ target }) => setHours(Number(target.value))}>
          {SNOOZES.map((each) => (
            <option key={each.hours} value={each.hours}>
              {each.word}
            </option>
          ))}
        </select>
      </label>
    ),
    assign: (
      <label className="field">
        <span>Account</span>
        <input
          maxLength={64}
          autoComplete="off"
          spellCheck={false}
          value={account}
          onChange={({ target }) => setAccount(target.value)}
        />
        <small>Empty for nobody</small>
      </label>
    ),
  };

  return verbs(alert.state).map((verb) => (
    <span key={verb}>
      <Button look={verb === 'acknowledge' ? 'primary' : 'default'} onClick={() => ask(verb)}>
        {WORDS[verb].action}
      </Button>
      <Confirm
        opened={asked === verb}
        title={`${WORDS[verb].action} “${alert.title}”?`}
        action={`${WORDS[verb].action} the alert`}
        look="primary"
        busy={deed.isPending}
        error={deed.error}
        onConfirm={() => deed.mutate(wanted(verb), { onSuccess: close })}
        onClose={close}
      >
        <p>{WORDS[verb].what}</p>
        {fields[verb]}
        {verb !== 'assign' && (
          <label className="field">
            <span>Note</span>
            <input maxLength={1000} value={note} onChange={({ target }) => setNote(target.value)} />
            <small>For those who read what happened</small>
          </label>
        )}
      </Confirm>
    </span>
  ));
}
