import { IconHistory } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { usePrefs } from '../../lib/prefs';
import { fromField, toField } from '../../lib/time';
import { Button } from '../../ui/Button';

type Props = { at: string | undefined; onChange: (at: string | undefined) => void };

/** Which instant is shown. The field is in the chosen zone, the URL always in UTC. */
export function AsOf({ at, onChange }: Props) {
  const { zone } = usePrefs();
  const shown = at ? toField(at, zone) : '';
  // What is being typed, until it is shown or the URL says something else.
  const [draft, setDraft] = useState({ of: shown, value: shown });
  const value = draft.of === shown ? draft.value : shown;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const instant = fromField(value, zone);
    if (instant || value === '') onChange(instant ?? undefined);
  };

  return (
    <form className="as-of" onSubmit={submit}>
      <label>
        <span>As of ({zone === 'utc' ? 'UTC' : 'local'})</span>
        <input
          type="datetime-local"
          step="1"
          max="9999-12-31T23:59:59"
          value={value}
          onChange={(event) => setDraft({ of: shown, value: event.target.value })}
        />
      </label>
      <Button
        type="submit"
        disabled={value === shown}
        title={value === shown ? 'Choose another instant first' : undefined}
      >
        <IconHistory size={16} aria-hidden /> Show
      </Button>
    </form>
  );
}
