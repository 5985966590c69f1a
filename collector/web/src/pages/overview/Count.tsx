import { overview as text } from '../../strings/en/overview';

/** A number of things; where not all of them were looked at, that it may be more. */
export function Count({ of, more }: { of: number; more: boolean }) {
  return <span className="num">{more ? text.atLeast(of) : of.toLocaleString('en')}</span>;
}
