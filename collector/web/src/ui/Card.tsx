import type { ReactNode } from 'react';

type Props = {
  title: string;
  /** Beside the title. */
  aside?: ReactNode;
  /** The content goes to the card's edges: tables and lists do. */
  flush?: boolean;
  children: ReactNode;
};

/** A part of a page with a title of its own. */
export function Card({ title, aside, flush, children }: Props) {
  return (
    <section className="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {flush ? children : <div className="body">{children}</div>}
    </section>
  );
}

/** A name and its value, in a list of pairs. */
export function Pair({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
