import { IconX } from '@tabler/icons-react';
import { layerText } from '../../strings/en/govern/layers';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { SelectField, TextField } from '../../ui/fields';
import type { Flag, KindDraft } from './draft';

type Props = {
  flags: readonly { value: Flag; label: string }[];
  value: readonly KindDraft[];
  onChange: (value: KindDraft[]) => void;
};

/** What is said of single kinds of facts. */
export function KindFields({ flags, value, onChange }: Props) {
  const t = layerText;
  const set = (index: number, part: Partial<KindDraft>) =>
    onChange(value.map((each, at) => (at === index ? { ...each, ...part } : each)));
  return (
    <Card title={t.kinds}>
      <div className="stack">
        <p className="muted">{t.kindsHint}</p>
        {value.map((each, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line has no identity but its place while it is typed
          <div className="form kind-line" key={index}>
            <TextField
              label={t.kind}
              required
              pattern="[a-z0-9_]+"
              maxLength={64}
              value={each.kind}
              onChange={(kind) => set(index, { kind })}
            />
            <SelectField
              label={t.look}
              options={flags}
              value={each.enabled}
              onChange={(enabled) => set(index, { enabled })}
            />
            <TextField
              label={t.every}
              type="number"
              min={5}
              max={604_800}
              value={each.every}
              onChange={(every) => set(index, { every })}
            />
            <Button
              look="ghost"
              square
              aria-label={t.removeKind(each.kind)}
              onClick={() => onChange(value.filter((_, at) => at !== index))}
            >
              <IconX size={16} aria-hidden />
            </Button>
          </div>
        ))}
        <div className="actions start">
          <Button onClick={() => onChange([...value, { kind: '', enabled: '', every: '' }])}>
            {t.addKind}
          </Button>
        </div>
      </div>
    </Card>
  );
}
