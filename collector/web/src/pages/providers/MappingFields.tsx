import { IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { people } from '../../api/people';
import { queries } from '../../api/queries';
import { providersText } from '../../strings/en/govern/providers';
import { Button } from '../../ui/Button';
import { SelectField, TextField } from '../../ui/fields';
import type { MappingDraft } from './provider';

type Props = { value: readonly MappingDraft[]; onChange: (value: MappingDraft[]) => void };

/** Which role follows from which group of the provider. */
export function MappingFields({ value, onChange }: Props) {
  const roles = useQuery(people.roles()).data?.items ?? [];
  const groups = useQuery(queries.groups()).data?.items ?? [];
  const t = providersText;
  const set = (index: number, part: Partial<MappingDraft>) =>
    onChange(value.map((each, at) => (at === index ? { ...each, ...part } : each)));
  return (
    <fieldset className="wide-field stack">
      <legend>{t.mappings}</legend>
      <p className="muted">{t.mappingsHint}</p>
      {value.map((each, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line has no identity but its place while it is typed
        <div className="form kind-line" key={index}>
          <TextField
            label={t.value}
            required
            maxLength={200}
            value={each.value}
            onChange={(text) => set(index, { value: text })}
          />
          <SelectField
            label={t.role}
            options={roles.map(({ name }) => ({ value: name, label: name }))}
            value={each.role}
            onChange={(role) => set(index, { role })}
          />
          <SelectField
            label={t.scope}
            options={[
              { value: '', label: t.everything },
              ...groups.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            value={each.group}
            onChange={(group) => set(index, { group })}
          />
          <Button
            look="ghost"
            square
            aria-label={t.removeMapping(each.value)}
            onClick={() => onChange(value.filter((_, at) => at !== index))}
          >
            <IconX size={16} aria-hidden />
          </Button>
        </div>
      ))}
      <div className="actions start">
        <Button onClick={() => onChange([...value, { value: '', role: 'viewer', group: '' }])}>
          {t.addMapping}
        </Button>
      </div>
    </fieldset>
  );
}
