import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { catalogue, controlsOf, rulesNamed } from '../api/catalogue';
import { queries } from '../api/queries';
import { pickers } from '../strings/en/decide';
import { Combo } from '../ui/Combo';

const HOSTS = 12;

type Props = {
  label: string;
  value: string | undefined;
  onChange: (id: string | undefined) => void;
  error?: string;
  hint?: string;
};

/** Finds a host by a part of its name. */
export function HostPicker({ value, onChange, ...field }: Props) {
  const [query, setQuery] = useState('');
  const found = useQuery({
    ...queries.hostsNamed(useDeferredValue(query), HOSTS),
    placeholderData: keepPreviousData,
  });
  const chosen = useQuery({ ...queries.host(value ?? ''), enabled: value !== undefined });
  return (
    <Combo
      {...field}
      value={value === undefined ? null : { id: value, label: chosen.data?.hostname ?? value }}
      onChange={(choice) => onChange(choice?.id)}
      query={query}
      onQuery={setQuery}
      choices={(found.data?.items ?? []).map(({ id, hostname, os_name }) => ({
        id,
        label: hostname,
        hint: os_name ?? undefined,
      }))}
      none={pickers.noHost}
      placeholder={pickers.host}
    />
  );
}

/** Finds a rule by a part of its id or its title. */
export function RulePicker({ value, onChange, ...field }: Props) {
  const [query, setQuery] = useState('');
  const found = useQuery(rulesNamed(useDeferredValue(query)));
  const chosen = useQuery({ ...catalogue.rule(value ?? ''), enabled: value !== undefined });
  return (
    <Combo
      {...field}
      hint={chosen.data?.title ?? field.hint}
      value={value === undefined ? null : { id: value, label: value }}
      onChange={(choice) => onChange(choice?.id)}
      query={query}
      onQuery={setQuery}
      choices={(found.data?.items ?? []).map(({ id, title }) => ({ id, label: id, hint: title }))}
      none={pickers.noRule}
      placeholder={pickers.rule}
    />
  );
}

/** Finds a control of a framework by its number or its title. */
export function ControlPicker({ framework, value, onChange, ...field }: Props & { framework: string }) {
  const [query, setQuery] = useState('');
  const all = useQuery({ ...controlsOf(framework), enabled: framework !== '' });
  const words = query.toLowerCase();
  const listed = all.data?.items ?? [];
  const found = listed.filter(({ id, title }) => `${id} ${title ?? ''}`.toLowerCase().includes(words));
  return (
    <Combo
      {...field}
      hint={listed.find(({ id }) => id === value)?.title ?? field.hint}
      value={value === undefined ? null : { id: value, label: value }}
      onChange={(choice) => onChange(choice?.id)}
      query={query}
      onQuery={setQuery}
      choices={found.slice(0, 50).map(({ id, title }) => ({ id, label: id, hint: title ?? undefined }))}
      none={pickers.noControl}
      placeholder={pickers.control}
    />
  );
}

/** Every group, by identity. */
export function GroupPicker({ label, value, onChange, error, hint }: Props) {
  const groups = useQuery(queries.groups());
  return (
    <label className="field">
      <span>{label}</span>
      <select
        value={value ?? ''}
        aria-invalid={error !== undefined || undefined}
        onChange={({ target }) => onChange(target.value || undefined)}
      >
        <option value="">{pickers.group}</option>
        {(groups.data?.items ?? []).map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      {error ? <small className="error">{error}</small> : hint && <small>{hint}</small>}
    </label>
  );
}
