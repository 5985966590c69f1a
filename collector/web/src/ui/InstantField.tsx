import { IconCalendar } from '@tabler/icons-react';
import { useId, useRef, useState } from 'react';
import { usePrefs } from '../lib/prefs';
import { fromField, toField } from '../lib/time';

type Props = {
  label: string;
  /** RFC 3339; the field is in the chosen zone. */
  value: string | undefined;
  onChange: (instant: string | undefined) => void;
};

/**
 * An instant, typed as ISO 8601 with 24 hours: the browser's own field would be in the order and the
 * clock of its language. What the browser has is the calendar, behind the button. Taken over on Enter
 * and when the focus leaves.
 */
export function InstantField({ label, value, onChange }: Props) {
  const { zone } = usePrefs();
  const shown = value ? toField(value, zone) : '';
  // What is being typed, until it is taken over or the value becomes another.
  const [draft, setDraft] = useState({ of: shown, text: shown });
  const text = draft.of === shown ? draft.text : shown;
  const [wrong, setWrong] = useState(false);
  const hint = useId();
  const calendar = useRef<HTMLInputElement>(null);

  const take = (typed: string) => {
    setDraft({ of: shown, text: typed });
    const instant = fromField(typed, zone);
    setWrong(typed.trim() !== '' && !instant);
    if (typed === shown) return;
    if (instant || typed.trim() === '') onChange(instant ?? undefined);
  };

  return (
    <div className="instant">
      <label>
        <span>
          {label} ({zone === 'utc' ? 'UTC' : 'local'})
        </span>
        <input
          type="text"
          inputMode="numeric"
          autoComplete="off"
          spellCheck={false}
          className="num"
          placeholder="YYYY-MM-DD hh:mm:ss"
          size={19}
          value={text}
          aria-invalid={wrong || undefined}
          aria-describedby={wrong ? hint : undefined}
          onChange={(event) => {
            setDraft({ of: shown, text: event.target.value });
            setWrong(false);
          }}
          onBlur={() => take(text)}
          onKeyDown={(event) => event.key === 'Enter' && take(text)}
        />
      </label>
      <button
        type="button"
        className="pick"
        title="Choose from a calendar"
        onClick={() => calendar.current?.showPicker()}
      >
        <IconCalendar size={16} aria-hidden />
        <span className="sr">{label}: choose from a calendar</span>
      </button>
      <input
        ref={calendar}
        className="picker"
        type="datetime-local"
        step="1"
        max="9999-12-31T23:59:59"
        tabIndex={-1}
        aria-hidden="true"
        value={shown.replace(' ', 'T')}
        onChange={(event) => take(event.target.value.replace('T', ' '))}
      />
      {wrong && (
        <span className="wrong" id={hint} role="alert">
          Write it as 2026-03-31 14:05:00
        </span>
      )}
    </div>
  );
}
