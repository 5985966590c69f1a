import { Link } from '@tanstack/react-router';
import { memo, useState } from 'react';
import type { Control } from '../../api/catalogue';
import { type Coverage, coverageOf } from '../../lib/controls';
import { framework as text } from '../../strings/en/catalogue';
import type { Tone } from '../../ui/Shape';
import { Status } from '../../ui/Status';

/** More rules of a control than these are behind a button. */
const SHOWN = 4;

const COVERAGE: Record<Coverage, { tone: Tone; word: string; meaning: string }> = {
  covered: { tone: 'pass', word: text.covered, meaning: text.coveredWhy },
  evidence: { tone: 'unknown', word: text.evidence, meaning: text.evidenceWhy },
  open: { tone: 'warn', word: text.open, meaning: text.openWhy },
  manual: { tone: 'stale', word: text.manual, meaning: text.manualWhy },
};

type Props = {
  control: Control;
  /** Whether the framework draws on others. */
  drawn: boolean;
};

/** A control, how far it is decided, and by which rules. */
export const ControlRow = memo(function ControlRow({ control, drawn }: Props) {
  const [all, setAll] = useState(false);
  const rules = all ? control.rules : control.rules.slice(0, SHOWN);
  const left = control.rules.length - rules.length;
  return (
    <tr>
      <td className="long">
        <span className="strong num">{control.id}</span>
        {control.title && <div className="why">{control.title}</div>}
      </td>
      <td className="why">{control.levels.join(', ') || '–'}</td>
      <td>
        <Status {...COVERAGE[coverageOf(control)]} />
      </td>
      <td>
        {rules.map((rule) => (
          <div key={rule}>
            <Link className="mono" to="/rules/$id" params={{ id: rule }}>
              {rule}
            </Link>
          </div>
        ))}
        {left > 0 && (
          <button type="button" className="linkish" onClick={() => setAll(true)}>
            {text.more(left)}
            <span className="sr"> {control.id}</span>
          </button>
        )}
      </td>
      {drawn && (
        <td className="why">
          {Object.entries(control.from).map(([framework, controls]) => (
            <div key={framework}>
              <Link to="/frameworks/$key" params={{ key: framework }}>
                {framework}
              </Link>{' '}
              {controls.join(', ')}
            </div>
          ))}
        </td>
      )}
    </tr>
  );
});
