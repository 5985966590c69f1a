import { useState } from 'react';
import { type Baseline, useDeleteBaseline, usePromoteBaseline } from '../../api/compare';
import { useMay } from '../../lib/may';
import { baselineWords } from '../../strings/en/decide';
import { Button } from '../../ui/Button';
import { Confirm } from '../../ui/Dialog';

type Deed = 'promote' | 'remove';

/** Makes the present the baseline, or lets it go: each with a question first. */
export function BaselineDeeds({ baseline }: { baseline: Baseline }) {
  const may = useMay()('baselines.write');
  const [asked, setAsked] = useState<Deed | null>(null);
  const deeds = { promote: usePromoteBaseline(baseline.id), remove: useDeleteBaseline(baseline.id) };
  if (!may) return null;
  const deed = asked && deeds[asked];
  const close = () => {
    deed?.reset();
    setAsked(null);
  };
  return (
    <span className="row-deeds">
      {(['promote', 'remove'] as const).map((each) => (
        <Button key={each} look="ghost" onClick={() => setAsked(each)}>
          {baselineWords[each].action}
          <span className="sr"> {baseline.name}</span>
        </Button>
      ))}
      {asked && deed && (
        <Confirm
          opened
          title={baselineWords[asked].title(baseline.name)}
          action={baselineWords[asked].send}
          look={asked === 'remove' ? 'danger' : 'primary'}
          busy={deed.isPending}
          error={deed.error}
          onConfirm={() => deed.mutate(undefined, { onSuccess: close })}
          onClose={close}
        >
          <p>{baselineWords[asked].what}</p>
        </Confirm>
      )}
    </span>
  );
}
