import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useComment, type WaiverEntry, type WholeWaiver } from '../../api/waivers';
import { useMay } from '../../lib/may';
import { exception } from '../../strings/en/decide';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Stamp } from '../../ui/Time';

/** What was done and what was said, in the order in which it was, and a field to say more. */
export function History({ waiver }: { waiver: WholeWaiver }) {
  const may = useMay();
  const entries = [...waiver.history, ...waiver.comments].sort((a, b) => a.at.localeCompare(b.at));
  return (
    <Card title={exception.history} flush>
      <ol className="story">
        {entries.map((entry) => (
          <li key={`${entry.at} ${entry.what}`}>
            <div className="when">
              <Stamp at={entry.at} />
              <span className="muted"> {exception.by(entry.who)}</span>
            </div>
            <div className="strong">{exception.historyOf(entry.what)}</div>
            <Detail entry={entry} />
          </li>
        ))}
      </ol>
      {may('waivers.request') && <CommentForm id={waiver.id} />}
    </Card>
  );
}

function Detail({ entry }: { entry: WaiverEntry }) {
  if (entry.what === 'renewed') {
    return (
      <Link to="/exceptions/$id" params={{ id: entry.detail }}>
        {exception.renewal}
      </Link>
    );
  }
  return entry.detail ? <p className="why">{entry.detail}</p> : null;
}

function CommentForm({ id }: { id: string }) {
  const [text, setText] = useState('');
  const comment = useComment(id);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === '' || comment.isPending) return;
    comment.mutate(text.trim(), { onSuccess: () => setText('') });
  };
  return (
    <form className="body comment" onSubmit={submit}>
      <label className="field">
        <span>{exception.commentLabel}</span>
        <textarea rows={2} maxLength={2000} value={text} onChange={({ target }) => setText(target.value)} />
      </label>
      {comment.error && (
        <p className="error" role="alert">
          {comment.error.message}
        </p>
      )}
      <Button type="submit" busy={comment.isPending} disabled={text.trim() === ''}>
        {exception.comment}
      </Button>
    </form>
  );
}
