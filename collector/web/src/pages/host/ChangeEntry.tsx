import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Change } from '../../api/client';
import { diffFields, type Part, verb } from '../../lib/diff';
import { NULL, type Value } from '../../lib/facts';
import { kindName } from '../../strings/en';
import { FieldDiff } from '../../ui/FieldDiff';

const VERBS = { appeared: 'Appeared', changed: 'Changed', removed: 'Removed' };
const SIGNS = { appeared: '+', changed: '±', removed: '−' };
/** A fact that appears has all its fields new; more than these are behind a button. */
const SHOWN_FIELDS = 8;

const isNull = (side: Part[] | null) => side === null || (side.length === 1 && side[0]?.text === NULL);

/** One transition of one fact. */
export function ChangeEntry({ hostId, change }: { hostId: string; change: Change }) {
  const [all, setAll] = useState(false);
  const fields = useMemo(
    () => diffFields(change.before as Value | null, change.after as Value | null),
    [change.before, change.after],
  );
  // That something came without a field is no news.
  const changed = fields.filter((field) => !field.same && !(isNull(field.before) && isNull(field.after)));
  const shown = all ? fields : changed.slice(0, SHOWN_FIELDS);
  const hidden = fields.length - (all ? 0 : shown.length);
  const what = verb(change.before, change.after);

  return (
    <article
      className="change"
      data-verb={what}
      aria-label={`${kindName(change.kind)} ${change.key} ${what}`}
    >
      <header>
        <span className="verb">
          <b aria-hidden="true">{SIGNS[what]}</b>
          {VERBS[what]}
        </span>
        <span className="muted">{kindName(change.kind)}</span>
        <code className="mono strong">{change.key}</code>
        <Link
          className="facts-then"
          to="/hosts/$id"
          params={{ id: hostId }}
          search={{ tab: 'facts', kind: change.kind, at: change.occurred_at, q: change.key }}
        >
          Facts then
          <span className="sr">
            , just after {change.key} {what}
          </span>
        </Link>
      </header>
      <FieldDiff fields={shown} label={`Before and after of ${change.key}`} />
      {(all ? fields.length > changed.length || changed.length > SHOWN_FIELDS : hidden > 0) && (
        <button type="button" className="linkish" onClick={() => setAll(!all)}>
          {all ? 'Show less' : `Show ${hidden} more ${hidden === 1 ? 'field' : 'fields'}`}
        </button>
      )}
    </article>
  );
}
