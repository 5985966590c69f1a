import type { InputHTMLAttributes, ReactNode, TextareaHTMLAttributes } from 'react';
import { useId } from 'react';

type Base = { label: string; hint?: ReactNode; wide?: boolean };

type TextProps = Base &
  Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value'> & {
    value: string;
    onChange: (value: string) => void;
  };

/** A line of text, a number or a password. */
export function TextField({ label, hint, wide, value, onChange, ...rest }: TextProps) {
  return (
    <label className={wide ? 'field wide-field' : 'field'}>
      <span>{label}</span>
      <input
        autoComplete="off"
        spellCheck={false}
        {...rest}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      {hint && <small>{hint}</small>}
    </label>
  );
}

type AreaProps = Base &
  Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'onChange' | 'value'> & {
    value: string;
    onChange: (value: string) => void;
  };

/** Several lines. */
export function AreaField({ label, hint, value, onChange, ...rest }: AreaProps) {
  return (
    <label className="field wide-field">
      <span>{label}</span>
      <textarea
        autoComplete="off"
        spellCheck={false}
        rows={3}
        {...rest}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      {hint && <small>{hint}</small>}
    </label>
  );
}

export type Option<T extends string> = { value: T; label: string };

type SelectProps<T extends string> = Base & {
  value: T;
  options: readonly Option<T>[];
  onChange: (value: T) => void;
  disabled?: boolean;
};

/** One of a few. */
export function SelectField<T extends string>({
  label,
  hint,
  wide,
  value,
  options,
  onChange,
  disabled,
}: SelectProps<T>) {
  const id = useId();
  return (
    <label className={wide ? 'field wide-field' : 'field'} htmlFor={id}>
      <span>{label}</span>
      <Choice id={id} value={value} options={options} onChange={onChange} disabled={disabled} />
      {hint && <small>{hint}</small>}
    </label>
  );
}

/** The same beside its label, above a list. */
export function FilterSelect<T extends string>({ label, value, options, onChange }: SelectProps<T>) {
  const id = useId();
  return (
    <label className="select" htmlFor={id}>
      <span>{label}</span>
      <Choice id={id} value={value} options={options} onChange={onChange} />
    </label>
  );
}

function Choice<T extends string>({
  id,
  value,
  options,
  onChange,
  disabled,
}: Pick<SelectProps<T>, 'value' | 'options' | 'onChange' | 'disabled'> & { id: string }) {
  return (
    <select
      id={id}
      value={value}
      disabled={disabled}
      onChange={({ target }) => {
        const chosen = options.find((option) => option.value === target.value);
        if (chosen) onChange(chosen.value);
      }}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

type CheckProps = {
  label: ReactNode;
  /** Said under the label, and with it. */
  hint?: ReactNode;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
};

export function CheckField({ label, hint, checked, disabled, onChange }: CheckProps) {
  const id = useId();
  return (
    <div className="check-field">
      <label className="check">
        <input
          type="checkbox"
          checked={checked}
          disabled={disabled}
          aria-describedby={hint ? id : undefined}
          onChange={({ target }) => onChange(target.checked)}
        />
        <span>{label}</span>
      </label>
      {hint && <small id={id}>{hint}</small>}
    </div>
  );
}
