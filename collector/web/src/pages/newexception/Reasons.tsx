import { newException } from '../../strings/en/decide';
import { Card } from '../../ui/Card';
import type { Draft } from './checks';
import type { FormPart } from './NewExceptionPage';

const OTHERS = [
  ['compensating', newException.compensating, newException.compensatingHint],
  ['risk', newException.risk, newException.riskHint],
  ['evidence', newException.evidence, newException.evidenceHint],
] as const satisfies readonly (readonly [keyof Draft, string, string])[];

/** Why, what is done instead, who takes the risk, and for how long. */
export function Reasons({ draft, change, error }: FormPart) {
  return (
    <Card title={newException.why}>
      <div className="stack">
        <label className="field">
          <span>{newException.reason}</span>
          <textarea
            rows={3}
            maxLength={2000}
            value={draft.reason}
            aria-invalid={error('reason') !== undefined || undefined}
            onChange={({ target }) => change({ reason: target.value })}
          />
          {error('reason') ? (
            <small className="error">{error('reason')}</small>
          ) : (
            <small className="num">{newException.reasonHint(draft.reason.trim().length)}</small>
          )}
        </label>
        {OTHERS.map(([name, label, hint]) => (
          <label key={name} className="field">
            <span>{label}</span>
            <textarea
              rows={2}
              maxLength={2000}
              value={draft[name]}
              onChange={({ target }) => change({ [name]: target.value })}
            />
            <small>{hint}</small>
          </label>
        ))}
        <label className="field days">
          <span>{newException.days}</span>
          <input
            inputMode="numeric"
            maxLength={3}
            value={draft.days}
            aria-invalid={error('days') !== undefined || undefined}
            onChange={({ target }) => change({ days: target.value })}
          />
          {error('days') ? (
            <small className="error">{error('days')}</small>
          ) : (
            <small>{newException.daysHint}</small>
          )}
        </label>
      </div>
    </Card>
  );
}
