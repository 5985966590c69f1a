import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Severity } from '../../api/client';
import { queries } from '../../api/queries';
import { type AlertRule, useSaveRule } from '../../api/telling';
import { isAtPlace } from '../../lib/place';
import { SEVERITIES } from '../../lib/search';
import { severityWord } from '../../strings/en';
import { saveText } from '../../strings/en/govern/common';
import { rulesText } from '../../strings/en/govern/rules';
import { Button } from '../../ui/Button';
import { CheckField, SelectField, TextField } from '../../ui/fields';
import { SaveBar } from '../../ui/SaveBar';
import { ConditionFields } from './ConditionFields';
import { toCondition, toDraft } from './condition';

type Props = {
  title: string;
  rule?: AlertRule;
  tag?: string;
  action?: string;
  onSaved?: (rule: AlertRule) => void;
  onReload?: () => void;
  onClose?: () => void;
};

/** What is said of an alert rule. */
export function RuleForm({ title, rule, tag, action, onSaved, onReload, onClose }: Props) {
  const groups = useQuery(queries.groups()).data?.items ?? [];
  const save = useSaveRule();
  const [name, setName] = useState(rule?.name ?? '');
  const [draft, setDraft] = useState(() =>
    toDraft(rule?.condition ?? { sort: 'finding', severity: 'critical' }),
  );
  const [severity, setSeverity] = useState<Severity | ''>(rule?.severity ?? '');
  const [group, setGroup] = useState(rule?.group ?? '');
  const [escalate, setEscalate] = useState(
    rule?.escalate_after_min == null ? '' : String(rule.escalate_after_min),
  );
  const [enabled, setEnabled] = useState(rule?.enabled ?? true);
  const t = rulesText;
  const isExpressions = isAtPlace(save.error);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (save.isPending) return;
    const value = {
      name: name.trim(),
      condition: toCondition(draft),
      severity: severity || null,
      group: group || null,
      escalate_after_min: escalate === '' ? null : Number(escalate),
      enabled,
    };
    save.mutate({ id: rule?.id ?? null, value, tag }, { onSuccess: onSaved });
  };
  return (
    <form className="card" aria-label={title} onSubmit={submit}>
      <header>
        <h2>{title}</h2>
      </header>
      <div className="body form">
        <TextField wide label={t.name} required maxLength={100} value={name} onChange={setName} />
        <ConditionFields draft={draft} error={save.error} onChange={setDraft} />
        <SelectField
          label={t.severity}
          options={[
            { value: '' as const, label: t.own },
            ...SEVERITIES.map((value) => ({ value, label: severityWord[value] })),
          ]}
          value={severity}
          onChange={setSeverity}
        />
        <SelectField
          label={t.group}
          options={[
            { value: '', label: t.everything },
            ...groups.map((each) => ({ value: each.id, label: each.name })),
          ]}
          value={group}
          onChange={setGroup}
        />
        <TextField
          label={t.escalate}
          hint={t.escalateHint}
          type="number"
          min={1}
          max={10_080}
          value={escalate}
          onChange={setEscalate}
        />
        <div className="wide-field">
          <CheckField label={t.enabled} checked={enabled} onChange={setEnabled} />
        </div>
        <SaveBar
          save={isExpressions ? { ...save, error: null } : save}
          action={action}
          why={draft.sort === 'event' && draft.codes.length === 0 ? t.noCode : undefined}
          onReload={onReload}
        >
          {onClose && <Button onClick={onClose}>{saveText.cancel}</Button>}
        </SaveBar>
      </div>
    </form>
  );
}
