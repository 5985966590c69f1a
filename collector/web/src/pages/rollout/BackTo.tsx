import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { RolloutDetail } from '../../api/client';
import { queries } from '../../api/queries';

type Props = { rollout: RolloutDetail; serial: number | null; onChoose: (serial: number) => void };

/** With which bundle: no host goes back to a lower number, so the publisher signs the old content anew. */
export function BackTo({ rollout, serial, onChoose }: Props) {
  const list = useInfiniteQuery(queries.bundles());
  const bundles = list.data?.pages.flatMap((page) => page.items) ?? [];
  const higher = bundles.filter((bundle) => bundle.serial > rollout.serial);
  const newest = higher[0]?.serial;
  useEffect(() => {
    if (serial === null && newest !== undefined) onChoose(newest);
  }, [serial, newest, onChoose]);

  if (higher.length === 0) {
    return (
      <p className="error">
        No bundle with a higher number than {rollout.serial} is published. The publisher signs the content of
        before as a new bundle, and <code className="mono">owadm bundle publish</code> brings it here.
      </p>
    );
  }
  return (
    <label className="field">
      <span>With bundle</span>
      <select value={serial ?? newest} onChange={(event) => onChoose(Number(event.target.value))}>
        {higher.map((bundle) => (
          <option key={bundle.serial} value={bundle.serial}>
            {bundle.serial}
            {bundle.note && `: ${bundle.note}`}
          </option>
        ))}
      </select>
      <small>
        It must have the content of {rollout.before === null ? 'before' : `bundle ${rollout.before}`}
      </small>
    </label>
  );
}
