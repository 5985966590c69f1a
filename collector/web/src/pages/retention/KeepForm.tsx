import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Retention, retention, useKeep, useKeepAsConfigured } from '../../api/retention';
import { isConflict, type Tagged } from '../../api/tagged';
import { retentionText, sizeText } from '../../strings/en/govern/retention';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { CheckField, TextField } from '../../ui/fields';
import { Failed } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { Stamp } from '../../ui/Time';

/** Sets how long one kind is kept: what would go is seen before it does. */
export function KeepForm({ id, onClose }: { id: string; onClose: () => void }) {
  const kind = useQuery(retention.kind(id));
  const t = retentionText;
  return (
    <Card title={t.editTitle(id)}>
      {kind.isError && <Failed what={t.failed} error={kind.error} retry={() => void kind.refetch()} />}
      {kind.isPending && <Skeleton lines={3} label={t.what} />}
      {kind.data && <Form found={kind.data} onClose={onClose} />}
    </Card>
  );
}

function Form({ found: { value: kind, tag }, onClose }: { found: Tagged<Retention>; onClose: () => void }) {
  const [forever, setForever] = useState(kind.keep === null);
  const [typed, setTyped] = useState(String(kind.keep ?? kind.default ?? kind.least));
  const keep = useKeep();
  const reset = useKeepAsConfigured();
  const t = retentionText;
  const wanted = /^\d+$/.test(typed) ? Number(typed) : Number.NaN;
  const fits = wanted >= kind.least && wanted <= kind.most;
  const error = keep.error ?? reset.error;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        keep.mutate({ id: kind.kind, keep: forever ? null : wanted, tag }, { onSuccess: onClose });
      }}
    >
      <p className="prose">{kind.about}</p>
      {kind.may_be_endless && <CheckField label={t.keepForever} checked={forever} onChange={setForever} />}
      {!forever && (
        <TextField
          label={t.keepFor(kind.unit)}
          hint={fits ? t.bounds(kind.least, kind.most) : t.wrong(kind.least, kind.most)}
          inputMode="numeric"
          aria-invalid={!fits}
          value={typed}
          onChange={setTyped}
        />
      )}
      {!forever && fits && <Preview kind={kind.kind} keep={wanted} />}
      {error && (
        <p className="error" role="alert">
          {isConflict(error) ? t.conflict : error.message}
        </p>
      )}
      <div className="actions">
        <Button onClick={onClose}>Cancel</Button>
        {kind.set_by !== null && (
          <Button
            busy={reset.isPending}
            onClick={() => reset.mutate({ id: kind.kind, tag }, { onSuccess: onClose })}
          >
            {t.reset}
          </Button>
        )}
        <Button look="primary" type="submit" busy={keep.isPending} disabled={!forever && !fits}>
          {t.save}
        </Button>
      </div>
    </form>
  );
}

function Preview({ kind, keep }: { kind: string; keep: number }) {
  const preview = useQuery(retention.preview(kind, keep));
  const t = retentionText;
  if (preview.isError) return <p className="error">{preview.error.message}</p>;
  if (!preview.data || preview.isPlaceholderData) return <p className="muted">{t.asking}</p>;
  const { rows, bytes, before } = preview.data;
  if (rows === 0) return <p role="status">{t.nothing}</p>;
  return (
    <p role="status">
      {kind === 'retired_hosts' ? t.hosts(rows) : t.goes(rows, sizeText(bytes))}{' '}
      {before && <Stamp at={before} />}
    </p>
  );
}
