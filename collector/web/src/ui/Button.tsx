import type { ButtonHTMLAttributes, Ref } from 'react';

type Props = ButtonHTMLAttributes<HTMLButtonElement> & {
  look?: 'default' | 'primary' | 'danger' | 'ghost';
  /** Only an icon inside: the button is square, and needs an `aria-label`. */
  square?: boolean;
  /** Being carried out: cannot be pressed twice, and keeps its width and its focus. */
  busy?: boolean;
  /** Why it cannot be pressed. It keeps its focus, so that whoever reaches it is told. */
  why?: string;
  ref?: Ref<HTMLButtonElement>;
};

export function Button({
  look = 'default',
  square,
  busy,
  why,
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
      aria-disabled={busy || why !== undefined || undefined}
      aria-description={why}
      title={why ?? rest.title}
      aria-busy={busy || undefined}
      onClick={(event) => {
        if (busy || why !== undefined) event.preventDefault();
        else onClick?.(event);
      }}
    />
  );
}
