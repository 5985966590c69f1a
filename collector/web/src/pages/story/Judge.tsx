import { useState } from 'react';
import { type DriftVerb, useJudgeDrift, type WholeDrift } from '../../api/drift';
import { useMay } from '../../lib/may';
import { exception, story } from '../../strings/en/decide';
import { Button } from '../../ui/Button';
import { Confirm } from '../../ui/Dialog';

/** Says a word about what nothing explains, or takes it back. */
export function Judge({ whole }: { whole: WholeDrift }) {
  const may = useMay()('drift.acknowledge');
  const [asked, setAsked] = useState(false);
  if (whole.state === 'expected') return null;
  const verb: DriftVerb = whole.state === 'unexplained' ? 'acknowledge' : 'reopen';
  return (
    <>
      <Button
        look={verb === 'acknowledge' ? 'primary' : 'default'}
        why={may ? undefined : exception.mayNot('drift.acknowledge')}
        onClick={() => setAsked(true)}
      >
        {story[verb].action}
      </Button>
      {asked && <Ask id={whole.id} verb={verb} onClose={() => setAsked(false)} />}
    </>
  );
}

function Ask({ id, verb, onClose }: { id: string; verb: DriftVerb; onClose: () => void }) {
  const [note, setNote] = useState('');
  const [tried, setTried] = useState(false);
  const judge = useJudgeDrift(id);
  const wrong = verb === 'acknowledge' && note.trim() === '';
  const send = () => {
    setTried(true);
    if (!wrong) judge.mutate({ verb, note: note.trim() }, { onSuccess: onClose });
  };
  return (
    <Confirm
      opened
      title={story[verb].title}
      action={story[verb].action}
      look="primary"
      busy={judge.isPending}
      error={judge.error}
      onConfirm={send}
      onClose={onClose}
    >
      <p>{story[verb].what}</p>
      <label className="field">
        <span>{story[verb].note}</span>
        <input
          maxLength={1000}
          value={note}
          aria-invalid={(tried && wrong) || undefined}
          onChange={({ target }) => setNote(target.value)}
        />
        {tried && wrong && <small className="error">{story.noteNeeded}</small>}
      </label>
    </Confirm>
  );
}
