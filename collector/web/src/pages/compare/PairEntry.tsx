import type { Pair } from '../../lib/pair';
import { Diff, type DiffView } from '../../parts/Diff';
import { comparing } from '../../strings/en/decide';

type Props = { pair: Pair; names: { before: string; after: string }; view: DiffView };

/** What both hosts have under one key. */
export function PairEntry({ pair, names, view }: Props) {
  const what = pair.same
    ? comparing.equal
    : pair.b === null
      ? comparing.only(names.before)
      : pair.a === null
        ? comparing.only(names.after)
        : comparing.differs;
  return (
    <li>
      <article className="change" aria-label={`${pair.key}: ${what}`}>
        <header>
          <code className="mono strong">{pair.key}</code>
          <span className="muted">{what}</span>
        </header>
        {!pair.same && (
          <Diff
            before={pair.a}
            after={pair.b}
            view={view}
            label={`${pair.key}: ${names.before}, ${names.after}`}
            sides={names}
          />
        )}
      </article>
    </li>
  );
}
