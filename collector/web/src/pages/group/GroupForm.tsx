import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Group, GroupFields } from '../../api/groups';
import { queries } from '../../api/queries';
import { isAtPlace } from '../../lib/place';
import { saveText } from '../../strings/en/govern/common';
import { definitionText } from '../../strings/en/govern/groups';
import { Button } from '../../ui/Button';
import { Chips } from '../../ui/Chips';
import { AreaField, SelectField, TextField } from '../../ui/fields';
import { SaveBar } from '../../ui/SaveBar';
import { fromLines, toLines } from './labels';
import { Preview } from './Preview';

type Props = {
  title: string;
  /** What there is already; left out for one that is made. */
  group?: Group;
  action?: string;
  save: { isPending: boolean; isSuccess: boolean; error: Error | null };
  onSave: (fields: GroupFields) => void;
  onReload?: () => void;
  onClose?: () => void;
};

/** What is said of a group: who belongs to it, and what its settings count for. */
export function GroupForm({ title, group, action, save, onSave, onReload, onClose }: Props) {
  const [name, setName] = useState(group?.name ?? '');
  const [description, setDescription] = useState(group?.description ?? '');
  const [precedence, setPrecedence] = useState(String(group?.precedence ?? 0));
  const [labels, setLabels] = useState(toLines(group?.match ?? null));
  const [expression, setExpression] = useState(group?.expression ?? '');
  const [nested, setNested] = useState<string[]>(group?.groups ?? []);
  const t = definitionText;
  const match = fromLines(labels);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (save.isPending || match === undefined) return;
    onSave({
      name: name.trim(),
      description: description.trim(),
      precedence: Number(precedence),
      match,
      expression: expression.trim() || null,
      groups: nested,
    });
  };
  // What is wrong with the expression stands below it, with its line.
  const isExpressions = isAtPlace(save.error);
  return (
    <form className="card" aria-label={title} onSubmit={submit}>
      <header>
        <h2>{title}</h2>
      </header>
      <div className="body form">
        <TextField label={t.name} required maxLength={100} value={name} onChange={setName} />
        <TextField label={t.description} maxLength={1000} value={description} onChange={setDescription} />
        <TextField
          label={t.precedence}
          hint={t.precedenceHint}
          type="number"
          required
          min={-1_000_000}
          max={1_000_000}
          value={precedence}
          onChange={setPrecedence}
        />
        <AreaField
          label={t.expression}
          hint={
            <>
              {t.expressionHint} {t.believes}
            </>
          }
          className="mono"
          maxLength={4096}
          rows={4}
          value={expression}
          aria-invalid={isExpressions || undefined}
          onChange={setExpression}
        />
        <div className="wide-field">
          <Preview expression={expression} />
        </div>
        <AreaField
          label={t.labels}
          hint={match === undefined ? t.labelsWrong : t.labelsHint}
          className="mono"
          rows={2}
          value={labels}
          aria-invalid={match === undefined || undefined}
          onChange={setLabels}
        />
        <Nested own={group?.id} value={nested} onChange={setNested} />
        <SaveBar
          save={isExpressions ? { ...save, error: null } : save}
          action={action}
          why={match === undefined ? t.labelsWrong : undefined}
          onReload={onReload}
        >
          {onClose && <Button onClick={onClose}>{saveText.cancel}</Button>}
        </SaveBar>
      </div>
    </form>
  );
}

type NestedProps = { own: string | undefined; value: string[]; onChange: (value: string[]) => void };

function Nested({ own, value, onChange }: NestedProps) {
  const all = useQuery(queries.groups()).data?.items ?? [];
  const t = definitionText;
  const nameOf = (id: string) => all.find((group) => group.id === id)?.name ?? id;
  const others = all.filter(({ id }) => id !== own && !value.includes(id));
  return (
    <fieldset className="wide-field stack">
      <legend>{t.nested}</legend>
      <p className="muted">{t.nestedHint}</p>
      {value.length > 0 && (
        <Chips
          label={t.nested}
          items={value.map((id) => ({ id, name: nameOf(id), remove: t.removeNested(nameOf(id)) }))}
          onRemove={(id) => onChange(value.filter((each) => each !== id))}
        />
      )}
      <div className="form narrow-form">
        <SelectField
          label={t.addNested}
          value=""
          options={[
            { value: '', label: t.chooseGroup },
            ...others.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          onChange={(id) => id && onChange([...value, id])}
        />
      </div>
    </fieldset>
  );
}
