import { useQuery } from '@tanstack/react-query';
import { catalogue } from '../../api/catalogue';
import { ControlPicker, RulePicker } from '../../parts/pickers';
import { newException } from '../../strings/en/decide';
import { Card } from '../../ui/Card';
import type { FormPart } from './NewExceptionPage';

const SUBJECTS = ['rule', 'control'] as const;

/** What is accepted: a rule, or the rules of a control. */
export function Subject({ draft, change, error }: FormPart) {
  const known = useQuery({ ...catalogue.frameworks(), enabled: draft.subject === 'control' });
  return (
    <Card title={newException.what}>
      <fieldset className="choices" aria-label={newException.what}>
        {SUBJECTS.map((subject) => (
          <label key={subject} className="check">
            <input
              type="radio"
              name="subject"
              checked={draft.subject === subject}
              onChange={() => change({ subject })}
            />
            {newException.subjects[subject]}
          </label>
        ))}
      </fieldset>
      {draft.subject === 'rule' ? (
        <RulePicker
          label={newException.rule}
          value={draft.rule}
          onChange={(rule) => change({ rule })}
          error={error('rule')}
        />
      ) : (
        <div className="form">
          <label className="field">
            <span>{newException.framework}</span>
            <select
              value={draft.framework ?? ''}
              aria-invalid={error('framework') !== undefined || undefined}
              onChange={({ target }) => change({ framework: target.value || undefined, control: undefined })}
            >
              <option value="">{newException.chooseFramework}</option>
              {(known.data?.items ?? []).map(({ key }) => (
                <option key={key}>{key}</option>
              ))}
            </select>
            {error('framework') && <small className="error">{error('framework')}</small>}
          </label>
          <ControlPicker
            label={newException.control}
            hint={newException.controlNote}
            framework={draft.framework ?? ''}
            value={draft.control}
            onChange={(control) => change({ control })}
            error={error('control')}
          />
        </div>
      )}
    </Card>
  );
}
