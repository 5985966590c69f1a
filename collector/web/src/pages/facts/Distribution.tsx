import { useMemo, useState } from 'react';
import type { FleetValue } from '../../api/fleet-facts';
import { byField } from '../../lib/distribution';
import type { Value } from '../../lib/facts';
import { story, fleetFacts as words } from '../../strings/en/decide';

/** As many values as the API counts at most. */
const COUNTED = 100;
const SHOWN = 10;

type Props = {
  values: readonly FleetValue[];
  field: string | null;
  onOnly: (only: { key: string; where: string | undefined }) => void;
};

/** How many hosts have which version: a bar each, the number beside it. */
export function Distribution({ values, field, onOnly }: Props) {
  const [all, setAll] = useState(false);
  const shares = useMemo(
    () =>
      byField(
        values.map((each) => ({ ...each, value: each.value as Value })),
        field,
      ),
    [values, field],
  );
  const most = shares[0]?.hosts ?? 1;
  const shown = all ? shares : shares.slice(0, SHOWN);
  return (
    <section className="body shares-list" aria-label={words.distribution}>
      <h2>
        {words.distribution}{' '}
        <span className="muted num">{values.length < COUNTED ? words.values(shares.length) : words.cut}</span>
      </h2>
      <ul>
        {shown.map((share) => (
          <li key={`${share.key} ${share.text}`}>
            <button
              type="button"
              title={words.only(`${share.key} ${share.text}`)}
              onClick={() =>
                onOnly({
                  key: share.key,
                  where: field === null ? undefined : new URLSearchParams({ [field]: share.text }).toString(),
                })
              }
            >
              <span className="mono clip">{share.key}</span>
              <span className="mono clip strong">{share.text}</span>
              <span className="track" aria-hidden="true">
                <i style={{ width: `${(share.hosts / most) * 100}%` }} />
              </span>
              <span className="num right">
                {share.hosts.toLocaleString('en')}
                <span className="sr"> {words.hostsSpoken}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {shares.length > shown.length && (
        <button type="button" className="linkish" onClick={() => setAll(true)}>
          {story.more(shares.length - shown.length)}
        </button>
      )}
    </section>
  );
}
