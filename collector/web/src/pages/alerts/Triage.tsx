import { useState } from 'react';
import type { Alert } from '../../api/client';
import { type TriageOutcome, type TriageVerb, useTriage } from '../../api/triage';
import { triage } from '../../strings/en/decide';
import { Confirm } from '../../ui/Dialog';
import { inHours, SNOOZES, verbs } from '../alert/deeds';

type Props = {
  verb: TriageVerb;
  alerts: readonly Alert[];
  onDone: (outcome: TriageOutcome) => void;
  onClose: () => void;
};

/** Asks before several alerts are acknowledged, snoozed or dismissed: how many, for how long, and why. */
export function Triage({ verb, alerts, onDone, onClose }: Props) {
  const [note, setNote] = useState('');
  const [hours, setHours] = useState<number>(SNOOZES[0].hours);
  const deed = useTriage();
  const fit = alerts.filter((alert) => verbs(alert.state).includes(verb));
  const left = alerts.length - fit.length;
  const send = () => {
    const until = verb === 'snooze' ? inHours(Date.now(), hours) : undefined;
    deed.mutate({ verb, alerts: fit, note, until }, { onSuccess: onDone });
  };
  return (
    <Confirm
      opened
      title={triage.title(triage[verb], fit.length)}
      action={triage.send(triage[verb], fit.length)}
      look={verb === 'dismiss' ? 'danger' : 'primary'}
      busy={deed.isPending || fit.length === 0}
      error={deed.error}
      onConfirm={send}
      onClose={onClose}
    >
      <p>{fit.length === 0 ? triage.none : triage.what[verb]}</p>
      {left > 0 && fit.length > 0 && <p className="muted">{triage.cannot(left)}</p>}
      {verb === 'snooze' && (
        <label className="field">
          <span>{triage.howLong}</span>
          <select value={hours} onChange={({ target }) => setHours(Number(target.value))}>
            {SNOOZES.map((each) => (
              <option key={each.hours} value={each.hours}>
                {each.word}
              </option>
            ))}
          </select>
        </label>
      )}
      <label className="field">
        <span>{triage.note}</span>
        <input maxLength={1000} value={note} onChange={({ target }) => setNote(target.value)} />
        <small>{triage.noteHint}</small>
      </label>
    </Confirm>
  );
}

/** What came of it: how many, and who refused why. */
export function Outcome({ verb, outcome }: { verb: TriageVerb; outcome: TriageOutcome }) {
  return (
    <>
      {outcome.done.length + outcome.refused.length === 0
        ? triage.none
        : triage.outcome(outcome.done.length, triage.done[verb])}
      {outcome.refused.map(({ alert, why }) => (
        <div key={alert.id}>{triage.refused(alert.title, why)}</div>
      ))}
    </>
  );
}
