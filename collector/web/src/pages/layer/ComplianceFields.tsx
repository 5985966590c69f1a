import { useQuery } from '@tanstack/react-query';
import { layers } from '../../api/layers';
import { layerText } from '../../strings/en/govern/layers';
import { Card } from '../../ui/Card';
import { Chips } from '../../ui/Chips';
import { AreaField, SelectField } from '../../ui/fields';
import { type Draft, variables } from './draft';

type Props = { draft: Draft; onChange: (part: Partial<Draft>) => void };

/** What the layer holds its hosts to. */
export function ComplianceFields({ draft, onChange }: Props) {
  const known = useQuery(layers.profiles()).data ?? [];
  const t = layerText;
  const wrong = variables(draft.variables) === null;
  const title = (key: string) => known.find((profile) => profile.key === key)?.title;
  return (
    <Card title={t.compliance}>
      <div className="form">
        <div className="wide-field stack">
          {draft.profiles.length === 0 ? (
            <p className="muted">
              {t.profiles}: {t.noProfiles}
            </p>
          ) : (
            <Chips
              label={t.profiles}
              items={draft.profiles.map((key) => ({
                id: key,
                name: <span title={title(key)}>{key}</span>,
                remove: t.removeProfile(key),
              }))}
              onRemove={(key) => onChange({ profiles: draft.profiles.filter((each) => each !== key) })}
            />
          )}
        </div>
        <SelectField
          wide
          label={t.addProfile}
          hint={t.profilesHint}
          value=""
          options={[
            { value: '', label: t.chooseProfile },
            ...known
              .filter(({ key }) => !draft.profiles.includes(key))
              .map((profile) => ({ value: profile.key, label: profile.title })),
          ]}
          onChange={(key) => key && onChange({ profiles: [...draft.profiles, key] })}
        />
        <AreaField
          label={t.variables}
          hint={wrong ? t.variablesWrong : t.variablesHint}
          className="mono"
          value={draft.variables}
          aria-invalid={wrong || undefined}
          onChange={(text) => onChange({ variables: text })}
        />
      </div>
    </Card>
  );
}
