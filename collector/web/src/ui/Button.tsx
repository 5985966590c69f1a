import type { ButtonHTMLAttributes, Ref } from 'react';

type Props = ButtonHTMLAttributes<HTMLButtonElement> & {
  look?: 'default' | 'primary' | 'danger' | 'ghost';
  /** Only an icon inside: the button is square, and needs an `aria-label`. */
  square?: boolean;
  /** Being carried out: cannot be pressed twice, and keeps its width and its focus. */
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
};

export function Button({
  look = 'default',
  square,
  busy,
  className,
  onClick,
  type = 'button',
  ...rest
}: Props) {
  return (
    <button
      {...rest}
      type={type}
      className={['btn', look, square && 'square', className].filter(Boolean).join(' ')}
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    />
  );
}
