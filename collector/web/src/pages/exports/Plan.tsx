import { useState } from 'react';
import { type ExportFormat, FORMATS, type SavedQuery, useSchedule } from '../../api/exports';
import { usePrefs } from '../../lib/prefs';
import { patterns, exportsPage as words } from '../../strings/en/decide';
import { Confirm } from '../../ui/Dialog';

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
const OWN = 'own';

/** Has a view taken away as a file again and again. */
export function Plan({ kept, onClose }: { kept: SavedQuery; onClose: () => void }) {
  const { zone: shown } = usePrefs();
  const [chosen, setChosen] = useState(patterns[0]?.pattern ?? OWN);
  const [typed, setTyped] = useState('');
  const [format, setFormat] = useState<ExportFormat>('csv');
  const [zone, setZone] = useState(
    shown === 'utc' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone,
  );
  const [tried, setTried] = useState(false);
  const schedule = useSchedule();
  const pattern = chosen === OWN ? typed.trim() : chosen;
  const wrong = pattern.split(/\s+/).length !== 5;
  const send = () => {
    setTried(true);
    if (!wrong) schedule.mutate({ query: kept.id, format, pattern, time_zone: zone }, { onSuccess: onClose });
  };
  return (
    <Confirm
      opened
      title={words.plan.title(kept.name)}
      action={words.plan.send}
      look="primary"
      busy={schedule.isPending}
      error={schedule.error}
      onConfirm={send}
      onClose={onClose}
    >
      <p>{words.plan.what}</p>
      <label className="field">
        <span>{words.plan.how}</span>
        <select value={chosen} onChange={({ target }) => setChosen(target.value)}>
          {patterns.map(({ pattern, word }) => (
            <option key={pattern} value={pattern}>
              {word}
            </option>
          ))}
          <option value={OWN}>{words.plan.own}</option>
        </select>
      </label>
      {chosen === OWN && (
        <label className="field">
          <span>{words.plan.pattern}</span>
          <input
            className="mono"
            maxLength={100}
            value={typed}
            aria-invalid={(tried && wrong) || undefined}
            onChange={({ target }) => setTyped(target.value)}
          />
          {tried && wrong ? (
            <small className="error">{words.plan.patternNeeded}</small>
          ) : (
            <small>{words.plan.patternHint}</small>
          )}
        </label>
      )}
      <div className="form">
        <label className="field">
          <span>{words.plan.format}</span>
          <select value={format} onChange={({ target }) => setFormat(target.value as ExportFormat)}>
            {FORMATS.map((each) => (
              <option key={each} value={each}>
                {words.format[each]}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>{words.plan.zone}</span>
          <select value={zone} onChange={({ target }) => setZone(target.value)}>
            {ZONES.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      </div>
    </Confirm>
  );
}
