import { type KeyboardEvent, useId, useState } from 'react';

export type Choice = { id: string; label: string; hint?: string };

type Props = {
  label: string;
  /** Below the field. */
  hint?: string;
  /** What is wrong with what is chosen. */
  error?: string;
  value: Choice | null;
  onChange: (choice: Choice | null) => void;
  /** What is typed: whoever has the choices narrows them by it. */
  query: string;
  onQuery: (query: string) => void;
  choices: readonly Choice[];
  /** When nothing matches. */
  none: string;
  placeholder?: string;
};

/** A field that finds one of many: letters narrow, arrows move, Enter takes, Esc leaves it as it was. */
export function Combo({
  label,
  hint,
  error,
  value,
  onChange,
  query,
  onQuery,
  choices,
  none,
  placeholder,
}: Props) {
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const id = useId();
  const current = Math.min(at, choices.length - 1);
  const show = () => {
    if (open) return;
    setAt(0);
    onQuery('');
    setOpen(true);
  };
  const take = (choice: Choice | undefined) => {
    setOpen(false);
    if (choice) onChange(choice);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (!open) show();
      else if (choices.length > 0) setAt((current + step + choices.length) % choices.length);
    } else if (event.key === 'Enter' && open) {
      event.preventDefault();
      take(choices[current]);
    } else if (event.key === 'Escape' && open) {
      event.stopPropagation();
      setOpen(false);
    }
  };
  return (
    <div className="field combo">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        role="combobox"
        autoComplete="off"
        spellCheck={false}
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={open && choices[current] ? `${id}-${current}` : undefined}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={error ? `${id}-error` : hint ? `${id}-hint` : undefined}
        placeholder={placeholder}
        maxLength={200}
        value={open ? query : (value?.label ?? '')}
        onFocus={show}
        onClick={show}
        onBlur={() => setOpen(false)}
        onChange={({ target }) => {
          setOpen(true);
          setAt(0);
          onQuery(target.value);
          if (target.value === '') onChange(null);
        }}
        onKeyDown={onKeyDown}
      />
      {open && (
        <ul className="combo-list" id={`${id}-list`} role="listbox" aria-label={label}>
          {choices.map((choice, index) => (
            <li
              key={choice.id}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === current}
              // The field keeps the focus, and so the list stays until the choice is made.
              onMouseDown={(event) => {
                event.preventDefault();
                take(choice);
              }}
            >
              <span className="clip">{choice.label}</span>
              {choice.hint && <span className="muted clip">{choice.hint}</span>}
            </li>
          ))}
          {choices.length === 0 && (
            <li className="muted" role="option" aria-disabled="true" aria-selected="false">
              {none}
            </li>
          )}
        </ul>
      )}
      {error ? (
        <small className="error" id={`${id}-error`}>
          {error}
        </small>
      ) : (
        hint && <small id={`${id}-hint`}>{hint}</small>
      )}
    </div>
  );
}
