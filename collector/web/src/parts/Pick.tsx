type Props<T extends string> = {
  label: string;
  value: T | undefined;
  options: readonly { value: T; word: string }[];
  /** What it is when nothing is chosen. */
  all: string;
  onChange: (value: T | undefined) => void;
};

/** A filter of which one value is chosen, or none. */
export function Pick<T extends string>({ label, value, options, all, onChange }: Props<T>) {
  return (
    <label className="select">
      <span>{label}</span>
      <select
        value={value ?? ''}
        onChange={({ target }) => onChange(options.find((option) => option.value === target.value)?.value)}
      >
        <option value="">{all}</option>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.word}
          </option>
        ))}
      </select>
    </label>
  );
}
