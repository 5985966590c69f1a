import { type FormEvent, useState } from 'react';
import { type SettingsLayer, useSetLayer, type Whose } from '../../api/layers';
import type { Tagged } from '../../api/tagged';
import { driftField, layerText } from '../../strings/en/govern/layers';
import { Card } from '../../ui/Card';
import { SelectField, TextField } from '../../ui/fields';
import { SaveBar } from '../../ui/SaveBar';
import { ComplianceFields } from './ComplianceFields';
import { type Draft, type DriftName, type Flag, toDraft, toLayer } from './draft';
import { KindFields } from './KindFields';

const FLAGS: readonly { value: Flag; label: string }[] = [
  { value: '', label: layerText.unset },
  { value: 'on', label: layerText.on },
  { value: 'off', label: layerText.off },
];

type Props = { whose: Whose; layer: Tagged<SettingsLayer>; writes: boolean; onReload: () => void };

/** All that a layer can say. What is left empty it does not say. */
export function LayerForm({ whose, layer, writes, onReload }: Props) {
  const [draft, setDraft] = useState<Draft>(() => toDraft(layer.value.settings));
  const save = useSetLayer(whose);
  const change = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));
  const t = layerText;
  const whole = toLayer(draft);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!save.isPending && whole) save.mutate({ value: whole, tag: layer.tag });
  };
  return (
    <form className="stack panel" aria-label={t.title[whose.layer]} onSubmit={submit}>
      <fieldset disabled={!writes} className="stack panel">
        <Card title={t.agents}>
          <div className="form">
            <TextField
              label={t.reconcile}
              hint={t.reconcileHint}
              type="number"
              min={60}
              max={604_800}
              value={draft.reconcile}
              onChange={(reconcile) => change({ reconcile })}
            />
            <SelectField
              label={t.metrics}
              options={FLAGS}
              value={draft.metrics}
              onChange={(metrics) => change({ metrics })}
            />
            <TextField
              label={t.send}
              hint={t.sendHint}
              type="number"
              min={5}
              max={3_600}
              value={draft.send}
              onChange={(send) => change({ send })}
            />
          </div>
        </Card>
        <KindFields flags={FLAGS} value={draft.kinds} onChange={(kinds) => change({ kinds })} />
        <ComplianceFields draft={draft} onChange={change} />
        {whose.layer === 'fleet' && (
          <Card title={t.drift}>
            <div className="form">
              {(Object.keys(draft.drift) as DriftName[]).map((name) => (
                <TextField
                  key={name}
                  label={driftField[name].label}
                  hint={driftField[name].hint}
                  type="number"
                  min={name === 'major_hosts' ? 2 : 1}
                  max={{ major_hosts: 100_000, window_min: 10_080 }[name as string] ?? 100}
                  value={draft.drift[name]}
                  onChange={(text) => change({ drift: { ...draft.drift, [name]: text } })}
                />
              ))}
            </div>
          </Card>
        )}
      </fieldset>
      {writes ? (
        <div className="form">
          <SaveBar save={save} why={whole ? undefined : t.variablesWrong} onReload={onReload} />
        </div>
      ) : (
        <p className="muted">{t.mayNot}</p>
      )}
    </form>
  );
}
