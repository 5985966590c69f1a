import { IconSearch } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';

type Props = {
  label: string;
  placeholder: string;
  value: string;
  onSearch: (value: string) => void;
  /** How long typing rests before the search is made. 0 where it costs nothing. */
  delay?: number;
};

/** A search field; `/` focuses it (see shell/shortcuts). What is typed survives a change of the URL from elsewhere. */
export function Search({ label, placeholder, value, onSearch, delay = 200 }: Props) {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  // The URL is the truth: "Clear", Back and links change it without this field.
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setText(value);
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);

  return (
    <label className="search">
      <IconSearch size={15} aria-hidden />
      <span className="sr">{label}</span>
      <input
        data-search
        type="search"
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        placeholder={placeholder}
        value={text}
        onChange={(event) => {
          const next = event.target.value;
          setText(next);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => {
            sent.current = next.trim();
            onSearch(next.trim());
          }, delay);
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}
