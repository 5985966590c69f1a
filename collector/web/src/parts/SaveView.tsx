import { useState } from 'react';
import { type ExportList, type Filters, useSaveQuery } from '../api/exports';
import { views } from '../strings/en/decide';
import { Confirm } from '../ui/Dialog';

type Props = { list: ExportList; filters: Filters; onClose: () => void };

/** Keeps how a list is filtered, under a name. */
export function SaveView({ list, filters, onClose }: Props) {
  const [name, setName] = useState('');
  const [shared, setShared] = useState(false);
  const [tried, setTried] = useState(false);
  const save = useSaveQuery();
  const wrong = name.trim() === '';
  const send = () => {
    setTried(true);
    if (!wrong) save.mutate({ list, filters, name: name.trim(), shared }, { onSuccess: onClose });
  };
  return (
    <Confirm
      opened
      title={views.saveTitle}
      action={views.saveAction}
      look="primary"
      busy={save.isPending}
      error={save.error}
      onConfirm={send}
      onClose={onClose}
    >
      <p>{views.saveWhat}</p>
      <ul className="chips" aria-label={views.what}>
        {Object.entries(filters).map(([filter, value]) => (
          <li key={filter} className="chip fixed">
            <span className="muted">{filter}</span>
            <b className="clip">{value}</b>
          </li>
        ))}
        {Object.keys(filters).length === 0 && <li className="muted">{views.everything}</li>}
      </ul>
      <label className="field">
        <span>{views.name}</span>
        <input
          maxLength={100}
          value={name}
          aria-invalid={(tried && wrong) || undefined}
          onChange={({ target }) => setName(target.value)}
        />
        {tried && wrong && <small className="error">{views.nameNeeded}</small>}
      </label>
      <label className="check">
        <input type="checkbox" checked={shared} onChange={({ target }) => setShared(target.checked)} />
        {views.share}
      </label>
    </Confirm>
  );
}
