import { useMemo } from 'react';
import { diffFields, type FieldDiff as Field } from '../lib/diff';
import { NULL, type Value } from '../lib/facts';
import { story } from '../strings/en/decide';
import { FieldDiff } from '../ui/FieldDiff';
import { SplitDiff } from '../ui/SplitDiff';

export type DiffView = 'unified' | 'split';

type Props = {
  before: unknown;
  after: unknown;
  label: string;
  view: DiffView;
  /** What the sides are called, when they are not before and after. */
  sides?: { before: string; after: string };
};

const isNull = (side: Field['before']) => side === null || (side.length === 1 && side[0]?.text === NULL);

/** What differs between two values of a fact, either way it can be shown. */
export function Diff({ before, after, label, view, sides = story.sides }: Props) {
  const fields = useMemo(
    () =>
      diffFields(before as Value | null, after as Value | null).filter(
        // That something came without a field is no news.
        (field) => !field.same && !(isNull(field.before) && isNull(field.after)),
      ),
    [before, after],
  );
  if (view === 'unified') return <FieldDiff fields={fields} label={label} />;
  return <SplitDiff fields={fields} label={label} before={sides.before} after={sides.after} />;
}

/** Which of the two ways. */
export function DiffSwitch({ view, onChange }: { view: DiffView; onChange: (view: DiffView) => void }) {
  return (
    <fieldset className="switch" aria-label={story.viewLabel}>
      {(['unified', 'split'] as const).map((each) => (
        <button key={each} type="button" aria-pressed={view === each} onClick={() => onChange(each)}>
          {story[each]}
        </button>
      ))}
    </fieldset>
  );
}
