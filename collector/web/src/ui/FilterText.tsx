import { useState } from 'react';

type Props = {
  label: string;
  value: string | undefined;
  placeholder?: string;
  onChange: (value: string | undefined) => void;
};

/** A text to filter by. Taken over on Enter, and when the focus leaves. */
export function FilterText({ label, value = '', placeholder, onChange }: Props) {
  // What is being typed, until it is taken over or the value becomes another.
  const [draft, setDraft] = useState({ of: value, text: value });
  const text = draft.of === value ? draft.text : value;
  const take = () => {
    if (text.trim() !== value) onChange(text.trim() || undefined);
  };
  return (
    <label className="field">
      <span>{label}</span>
      <input
        type="text"
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        placeholder={placeholder}
        value={text}
        onChange={(event) => setDraft({ of: value, text: event.target.value })}
        onBlur={take}
        onKeyDown={(event) => event.key === 'Enter' && take()}
      />
    </label>
  );
}
