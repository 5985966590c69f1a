import { Link } from '@tanstack/react-router';
import type { Outcome } from '../../../api/posture';
import { evidence as text } from '../../../strings/en/compliance';
import { Stamp } from '../../../ui/Time';
import { Verdict } from '../../../ui/Verdict';

/** Which verdicts there were before, each with a way to look at it. */
export function History({ id, result, before }: { id: string; result: string; before: readonly Outcome[] }) {
  return (
    <section aria-label={text.history}>
      <h3>{text.history}</h3>
      {before.length === 0 && <p className="muted">{text.noHistory}</p>}
      <ol className="history">
        {before.map((outcome) => (
          <li key={outcome.valid_from}>
            <Verdict status={outcome.status} />
            <div className="grow">
              <Stamp at={outcome.valid_from} />
              <span className="muted"> – </span>
              {outcome.valid_to && <Stamp at={outcome.valid_to} />}
              <div className="why">{outcome.because}</div>
            </div>
            <Link
              from="/hosts/$id"
              to="/hosts/$id"
              params={{ id }}
              search={(old) => ({ ...old, result, at: outcome.valid_from })}
              resetScroll={false}
            >
              {text.thenLink}
              <span className="sr"> {outcome.valid_from}</span>
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}
